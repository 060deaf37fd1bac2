using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Placement;

/// <summary>What runs the shards of this node. Called by its <see cref="NodeAgent"/> alone, one call at a time.</summary>
internal interface IShardHost
{
    /// <summary>What this process can run.</summary>
    IReadOnlyList<Capability> Capabilities { get; }

    /// <summary>The shards that run here, draining ones included, with the epochs they run under.</summary>
    IReadOnlyDictionary<ShardName, Epoch> Running { get; }

    /// <summary>Starts a shard that this node owns. It returns at once; what fails later is the shard's own affair.</summary>
    /// <param name="lease">The lease, with the epoch to run under.</param>
    /// <param name="shardsHere">How many shards are placed on this node; they share its memory.</param>
    void Start(ShardLease lease, int shardsHere);

    /// <summary>
    /// Begins to drain a shard: it commits what it has gathered and ends. It stays in <see cref="Running"/> until it has ended, and the
    /// task then completes, without an error.
    /// </summary>
    Task StopAsync(ShardName shard);

    /// <summary>What keeps a running shard from getting on; null when nothing does. Times in whole microseconds.</summary>
    ShardProblem? ProblemOf(ShardName shard);

    /// <summary>Whether there are epochs to raise.</summary>
    bool HasRaises { get; }

    /// <summary>Epochs to raise, as the event database has seen higher ones; each is given once.</summary>
    IReadOnlyList<KeyValuePair<ShardName, Epoch>> TakeRaises();

    /// <summary>The shards or the nodes have changed.</summary>
    void Changed(LeaseBook book);
}
