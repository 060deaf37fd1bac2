using Tidemark.Placement;

namespace Tidemark.Tests.Placement;

/// <summary>The best possible, found by other means than the placer's.</summary>
internal static class Optimum
{
    /// <summary>
    /// How uneven a load is: the sum of load² / weight. Multiplied by 12, it is whole for weights from 1 to 4.
    /// </summary>
    public static long Unevenness(IReadOnlyList<PlacementNode> nodes, IReadOnlyList<long> loads) =>
        nodes.Select((node, i) => loads[i] * loads[i] * 12 / node.Weight).Sum();

    /// <summary>How many single shards can run at once; draining nodes may keep theirs.</summary>
    public static int Runnable(World world)
    {
        // Each shard tries its nodes, and those in its way try theirs (Kuhn); a node has as many seats as its ceiling.
        var seats = world.Nodes.ToDictionary(node => node, _ => new List<PlacementShard>());
        return world.Shards.Count(shard => Seat(shard, seats, []));
    }

    /// <summary>The smallest unevenness of all ways to place single shards of load one, with as many of them as can run.</summary>
    public static long LeastUnevenness(World world)
    {
        // Only how many each node has matters, so the ways are few: one set of vectors after each shard.
        var start = new long[world.Nodes.Count];
        var ways = new Dictionary<string, long[]> { [Key(start)] = start };
        foreach (var shard in world.Shards)
        {
            var next = new Dictionary<string, long[]>(ways);
            foreach (var way in ways.Values)
            {
                for (var node = 0; node < way.Length; node++)
                {
                    if (!MayTake(world.Nodes[node], shard) || way[node] >= (world.Nodes[node].ShardsMax ?? int.MaxValue))
                        continue;
                    var more = (long[])way.Clone();
                    more[node]++;
                    next[Key(more)] = more;
                }
            }

            ways = next;
        }

        var most = ways.Values.Max(way => way.Sum());
        return ways.Values.Where(way => way.Sum() == most).Min(way => Unevenness(world.Nodes, way));
    }

    public static bool MayTake(PlacementNode node, PlacementShard shard) => !node.IsDraining && node.Capabilities.Contains(shard.Needs);

    private static string Key(long[] way) => string.Join(',', way);

    private static bool Seat(PlacementShard shard, Dictionary<PlacementNode, List<PlacementShard>> seats, HashSet<PlacementNode> tried)
    {
        foreach (var (node, taken) in seats)
        {
            var may = MayTake(node, shard) || (node.Id == shard.Owner && node.Capabilities.Contains(shard.Needs));
            if (!may || !tried.Add(node))
                continue;
            if (taken.Count < (node.ShardsMax ?? int.MaxValue))
            {
                taken.Add(shard);
                return true;
            }

            for (var i = 0; i < taken.Count; i++)
            {
                if (!Seat(taken[i], seats, tried))
                    continue;
                taken[i] = shard;
                return true;
            }
        }

        return false;
    }
}
