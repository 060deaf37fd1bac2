using Tidemark.Leases;

namespace Tidemark.Tests.Fixtures;

/// <summary>The leases in memory, with places where a test can wait or fail.</summary>
internal sealed class HookedLeases(HookedStorage storage) : ILeaseStore
{
    private ILeaseStore Inner => storage.Inner.Leases;

    public async ValueTask<LeaseView> TickAsync(LeaseTick tick, CancellationToken cancellationToken)
    {
        await storage.BeforeTick(cancellationToken);
        return storage.LastView = storage.ChangeView(await Inner.TickAsync(tick, cancellationToken));
    }

    // What was sent arrives, however long it takes and whatever becomes of the sender.
    public async ValueTask<bool> ChangeAsync(LeaseChange change, CancellationToken cancellationToken)
    {
        await storage.BeforeChange(change);
        return await Inner.ChangeAsync(change, CancellationToken.None);
    }

    public ValueTask LeaveAsync(Guid node, CancellationToken cancellationToken) => Inner.LeaveAsync(node, cancellationToken);

    public ValueTask<LeaseView> ReadAsync(CancellationToken cancellationToken) => Inner.ReadAsync(cancellationToken);
}
