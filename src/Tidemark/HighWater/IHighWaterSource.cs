using Tidemark.Events;

namespace Tidemark.HighWater;

/// <summary>Port: where the exact high-water mark of an event database comes from.</summary>
public interface IHighWaterSource
{
    /// <summary>
    /// Reads the mark: the highest position such that every event at or below it that will ever be committed is visible to a snapshot
    /// taken after
    /// this call returns. No clock and no timeout may influence it.
    /// </summary>
    /// <param name="known">The mark known so far; allows a cheaper answer when nothing moved.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<HighWaterReading> ReadAsync(Position known, CancellationToken cancellationToken);

    /// <summary>
    /// The sessions whose open appends hold the mark back, oldest bound first. Empty when the mark is at the end of the log.
    /// </summary>
    ValueTask<IReadOnlyList<HighWaterBlocker>> ReadBlockersAsync(CancellationToken cancellationToken);
}
