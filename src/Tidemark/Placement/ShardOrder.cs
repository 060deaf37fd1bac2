using Tidemark.Leases;

namespace Tidemark.Placement;

/// <summary>The order of shards by name, which settles every tie: projection, generation, slots, database; ordinal.</summary>
internal sealed class ShardOrder : IComparer<PlacementShard>
{
    private static readonly ShardOrder Instance = new();

    /// <summary>The shards in order.</summary>
    /// <exception cref="ArgumentException">A shard is there twice.</exception>
    public static PlacementShard[] Sort(IReadOnlyList<PlacementShard> shards)
    {
        var sorted = shards.ToArray();
        if (OutOfOrder(sorted) < 0)
            return sorted;

        Array.Sort(sorted, Instance);
        var twice = OutOfOrder(sorted);
        return twice < 0
            ? sorted
            : throw new ArgumentException($"Shard {sorted[twice].Name} is given twice; a shard is placed once.", nameof(shards));
    }

    /// <inheritdoc />
    public int Compare(PlacementShard? x, PlacementShard? y) => Compare(x!.Name, y!.Name);

    private static int Compare(ShardName x, ShardName y)
    {
        var order = string.CompareOrdinal(x.Projection, y.Projection);
        if (order == 0)
            order = x.Generation.CompareTo(y.Generation);
        if (order == 0)
            order = x.Slots.First.CompareTo(y.Slots.First);
        if (order == 0)
            order = x.Slots.Last.CompareTo(y.Slots.Last);
        return order == 0 ? string.CompareOrdinal(x.Database, y.Database) : order;
    }

    /// <summary>The first that is not after the one before it; -1 for none.</summary>
    private static int OutOfOrder(PlacementShard[] shards)
    {
        for (var i = 1; i < shards.Length; i++)
        {
            if (Compare(shards[i - 1].Name, shards[i].Name) >= 0)
                return i;
        }

        return -1;
    }
}
