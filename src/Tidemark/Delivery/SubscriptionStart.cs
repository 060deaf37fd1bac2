using Tidemark.Events;

namespace Tidemark.Delivery;

/// <summary>Where a new subscription begins. It counts once, when the subscription is made; afterwards its stored tokens do.</summary>
/// <param name="Position">The first position that is delivered; null when another part says.</param>
/// <param name="Moment">Events recorded at or after this moment are delivered; null when another part says.</param>
public sealed record SubscriptionStart(Position? Position, DateTimeOffset? Moment)
{
    /// <summary>With the first event of the log.</summary>
    public static SubscriptionStart Beginning { get; } = new(new Position(1), null);

    /// <summary>
    /// With the events that are appended from now on: every append that begins after the subscription was made is delivered, and nothing
    /// that was visible before it was asked for.
    /// </summary>
    public static SubscriptionStart End { get; } = new(null, null);

    /// <summary>With the event at this position, or the next one there is.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The position is below 1.</exception>
    public static SubscriptionStart At(Position position) => position.Value >= 1
        ? new(position, null)
        : throw new ArgumentOutOfRangeException(nameof(position), position, "Positions begin with 1.");

    /// <summary>With the first event that the database recorded at or after a moment.</summary>
    public static SubscriptionStart Since(DateTimeOffset moment) => new(null, moment);

    /// <inheritdoc />
    public override string ToString() =>
        Position is { } position ? $"position {position}" : Moment is { } moment ? $"{moment:O}" : "end";
}
