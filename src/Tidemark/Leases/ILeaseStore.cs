namespace Tidemark.Leases;

/// <summary>
/// Port: node roster and leases, in the coordination database. Its clock alone says who is alive. Nothing rests on a session: all works
/// through a transaction-mode pooler.
/// </summary>
public interface ILeaseStore
{
    /// <summary>
    /// Beats, gives back, takes, and answers with what changed: one statement. A lease is never taken from a node that is alive.
    /// Repeating a tick whose answer was lost is safe.
    /// </summary>
    ValueTask<LeaseView> TickAsync(LeaseTick tick, CancellationToken cancellationToken);

    /// <summary>Takes a node off the roster and gives everything it owns back; for a graceful stop.</summary>
    ValueTask LeaveAsync(Guid node, CancellationToken cancellationToken);

    /// <summary>Changes the set of shards. False when a condition did not hold; nothing was changed then.</summary>
    ValueTask<bool> ChangeAsync(LeaseChange change, CancellationToken cancellationToken);

    /// <summary>Reads roster and all shards without taking part; for tools. Expired nodes that still own shards are included.</summary>
    ValueTask<LeaseView> ReadAsync(CancellationToken cancellationToken);
}
