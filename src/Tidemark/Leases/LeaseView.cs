namespace Tidemark.Leases;

/// <summary>The roster and the shards after a tick.</summary>
/// <param name="Change">The change up to which the shards are now known. Never less than the last one a node was given.</param>
/// <param name="Now">The coordination database's clock.</param>
/// <param name="Nodes">Every node that is alive, the caller included.</param>
/// <param name="Shards">The shards that changed after <see cref="LeaseTick.KnownChange"/>; retired ones included.</param>
/// <param name="LastCommand">The number of the newest operator command; 0 when there is none.</param>
public sealed record LeaseView(
    long Change, DateTimeOffset Now, IReadOnlyList<Node> Nodes, IReadOnlyList<ShardLease> Shards, long LastCommand);
