using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>Which part of a stream to read.</summary>
public sealed record StreamReadOptions
{
    /// <summary>The lowest version, inclusive; 1 by default.</summary>
    public StreamVersion From { get; init; } = new(1);

    /// <summary>The highest version, inclusive; no bound by default.</summary>
    public StreamVersion To { get; init; } = new(long.MaxValue);

    /// <summary>Whether to read from high versions to low ones.</summary>
    public bool Backwards { get; init; }

    /// <summary>How many events at most; no limit by default.</summary>
    public int EventsMax { get; init; } = int.MaxValue;
}
