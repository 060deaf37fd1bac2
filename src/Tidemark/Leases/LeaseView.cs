namespace Tidemark.Leases;

/// <summary>The roster and the shards after a tick.</summary>
/// <param name="Change">
/// The change up to which the shards are now known. Never less than the last one a node was given, unless the database was restored from a
/// backup; then <see cref="IsComplete"/> is set.
/// </param>
/// <param name="Now">The coordination database's clock.</param>
/// <param name="Nodes">Every node that is alive, the caller included; ordered by id.</param>
/// <param name="Shards">
/// The shards that changed after <see cref="LeaseTick.KnownChange"/>, as they are now; retired ones included, those of this very tick
/// too. Ordered by name. Shards whose rows were removed are missing from a complete view, and nothing else tells of them.
/// </param>
/// <param name="LastCommand">The number of the newest operator command; 0 when there is none.</param>
public sealed record LeaseView(
    long Change, DateTimeOffset Now, IReadOnlyList<Node> Nodes, IReadOnlyList<ShardLease> Shards, long LastCommand)
{
    /// <summary>
    /// Whether <see cref="Shards"/> holds every shard there is, so that one that is missing does not exist: when nothing was known, and
    /// when the caller knows a change that this database never gave it, as it was restored from a backup. A caller that sees this replaces
    /// what it knows.
    /// </summary>
    public bool IsComplete { get; init; }
}
