namespace Tidemark.Leases;

/// <summary>
/// Port: node roster and leases, in the coordination database. Its clock alone says who is alive. Nothing rests on a session: all works
/// through a transaction-mode pooler. Thread-safe.
/// </summary>
/// <remarks>
/// Everything that changes shards takes the next number of one counter and holds it until it commits, so changes become visible in their
/// order, and a reader that knows change n misses nothing at or below n. A heartbeat alone changes no shard, takes no number and waits for
/// no one. Who joins, leaves, ends, or changes the state of a node takes a number too, so the counter moves whenever another node has
/// reason to look.
/// </remarks>
public interface ILeaseStore
{
    /// <summary>
    /// Beats, gives back, takes, and answers with what changed: one statement. A lease is never taken from a node that is alive; a node
    /// that had expired and beats again keeps what nobody has taken, and its answer tells what was. Rows of nodes that have expired and own
    /// nothing, or expired more than an hour ago, are deleted on the way. Repeating a tick whose answer was lost is safe.
    /// </summary>
    ValueTask<LeaseView> TickAsync(LeaseTick tick, CancellationToken cancellationToken);

    /// <summary>Takes a node off the roster and gives everything it owns back; for a graceful stop. Safe to repeat.</summary>
    ValueTask LeaveAsync(Guid node, CancellationToken cancellationToken);

    /// <summary>
    /// Changes the set of shards. False when a condition did not hold; nothing was changed then. Not repeated by itself: after a lost
    /// answer, the caller looks.
    /// </summary>
    ValueTask<bool> ChangeAsync(LeaseChange change, CancellationToken cancellationToken);

    /// <summary>Reads roster and all shards without taking part; for tools. Expired nodes that still own shards are included.</summary>
    ValueTask<LeaseView> ReadAsync(CancellationToken cancellationToken);
}
