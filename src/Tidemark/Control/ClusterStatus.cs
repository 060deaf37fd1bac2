using Tidemark.Events;

namespace Tidemark.Control;

/// <summary>The cluster as its databases showed it at one moment: who is there, and who runs what.</summary>
/// <param name="Nodes">Every node that is alive, and those that are not but still own shards; ordered by name.</param>
/// <param name="Shards">Every shard but for retired ones; ordered by projection, generation and slots.</param>
/// <param name="Databases">Every event database, the coordination database first.</param>
/// <param name="Now">When this was read, by the coordination database's clock.</param>
public sealed record ClusterStatus(
    IReadOnlyList<ClusterNode> Nodes, IReadOnlyList<ClusterShard> Shards, IReadOnlyList<ClusterDatabase> Databases, DateTimeOffset Now)
{
    /// <summary>The high-water mark of the coordination database, which is the only one unless tenants have their own.</summary>
    public Position Mark => Databases[0].Mark;

    /// <summary>The last position drawn there; above the mark while an append is open.</summary>
    public Position Last => Databases[0].Last;
}
