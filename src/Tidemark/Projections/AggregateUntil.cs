using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>Where folding a stream stops.</summary>
public sealed record AggregateUntil
{
    private AggregateUntil()
    {
    }

    internal StreamVersion? Version { get; private init; }

    internal DateTimeOffset? Moment { get; private init; }

    /// <summary>After the event with this version.</summary>
    public static AggregateUntil AtVersion(StreamVersion version) => new() { Version = version };

    /// <summary>After the last event recorded at or before this moment, by the database's clock.</summary>
    public static AggregateUntil AtTime(DateTimeOffset moment) => new() { Moment = moment };
}
