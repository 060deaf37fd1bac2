using Tidemark.Events;
using Tidemark.Projections;

namespace Tidemark.Testing.InMemory;

/// <summary>The outbox in memory.</summary>
internal sealed class InMemoryOutboxStore(MemoryDatabase database) : IOutboxStore
{
    public ValueTask<IReadOnlyList<OutboxMessage>> ReadAsync(
        string projection, SlotRange slots, int countMax, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<OutboxMessage>>(
        [
            .. database.Committed.Outbox.Values
                .Where(m => m.Projection == projection && slots.Contains(m.Slot))
                .OrderBy(m => m.Position).ThenBy(m => m.Ordinal).ThenBy(m => m.Id.ToString(), StringComparer.Ordinal)
                .Take(countMax),
        ]);
    }

    public ValueTask DeleteAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        database.ChangeAsync(state => state with { Outbox = state.Outbox.RemoveRange(ids) }, cancellationToken);
}
