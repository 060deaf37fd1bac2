namespace Tidemark.Placement;

/// <summary>What is placed as a whole: one shard, or the shards of a group.</summary>
/// <param name="Shards">The shards in the order of their names.</param>
/// <param name="Load">What they weigh together.</param>
/// <param name="Takers">The nodes that take all of them.</param>
/// <param name="Home">The node among the takers where it stays unless balance asks; -1 for none.</param>
/// <param name="IsScattered">Not all of its shards are at home yet.</param>
/// <param name="Refuge">The draining node that keeps it if no other has room; -1 for none.</param>
internal readonly record struct PlacementUnit(
    ReadOnlyMemory<int> Shards, long Load, NodeSet Takers, int Home, bool IsScattered, int Refuge)
{
    public int Count => Shards.Length;
}
