using Tidemark.Events;
using Tidemark.HighWater;

namespace Tidemark.Testing.InMemory;

/// <summary>
/// The mark in memory: the end of what is committed, because positions are drawn under the writer gate and go with a rollback.
/// </summary>
internal sealed class InMemoryHighWaterSource(MemoryDatabase database) : IHighWaterSource
{
    public ValueTask<HighWaterReading> ReadAsync(Position known, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var last = database.Committed.Last;
        return ValueTask.FromResult(new HighWaterReading(last, last));
    }

    public ValueTask<IReadOnlyList<HighWaterBlocker>> ReadBlockersAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<HighWaterBlocker>>([]);
}
