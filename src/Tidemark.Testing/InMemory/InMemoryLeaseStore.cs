using Tidemark.Leases;

namespace Tidemark.Testing.InMemory;

/// <summary>Roster and leases in memory. One writer at a time, so changes are in the order of the commits.</summary>
internal sealed class InMemoryLeaseStore(MemoryDatabase database, TimeProvider time) : ILeaseStore
{
    public ValueTask<LeaseView> TickAsync(LeaseTick tick, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tick);
        return database.ChangeAsync(
            state =>
            {
                var (leases, view) = state.Leases.Tick(tick, time.GetUtcNow());
                return (state with { Leases = leases }, view);
            },
            cancellationToken);
    }

    public ValueTask LeaveAsync(Guid node, CancellationToken cancellationToken) =>
        database.ChangeAsync(state => state with { Leases = state.Leases.Leave(node) }, cancellationToken);

    public ValueTask<bool> ChangeAsync(LeaseChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return database.ChangeAsync(
            state => state.Leases.TryChange(change, time.GetUtcNow()) is { } leases
                ? (state with { Leases = leases }, true)
                : (state, false),
            cancellationToken);
    }

    public ValueTask<LeaseView> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(database.Committed.Leases.View(known: 0, time.GetUtcNow(), owners: true));
    }
}
