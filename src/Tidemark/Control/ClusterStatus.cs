using Tidemark.Events;

namespace Tidemark.Control;

/// <summary>The cluster as its databases showed it at one moment: who is there, and who runs what.</summary>
/// <param name="Nodes">Every node that is alive, and those that are not but still own shards; ordered by name.</param>
/// <param name="Shards">Every shard but for retired ones; ordered by projection, generation and slots.</param>
/// <param name="Mark">The high-water mark.</param>
/// <param name="Last">The last position drawn; above the mark while an append is open.</param>
/// <param name="Now">When this was read, by the coordination database's clock.</param>
public sealed record ClusterStatus(
    IReadOnlyList<ClusterNode> Nodes, IReadOnlyList<ClusterShard> Shards, Position Mark, Position Last, DateTimeOffset Now);
