namespace Tidemark.Placement;

/// <summary>
/// Forms the units. A group is one unit where a node can run all of it; else it falls into parts, the largest first that a node can run.
/// The parts depend on the nodes alone and never on owners, so that a group does not fall apart differently after a move.
/// </summary>
internal sealed class UnitFormer
{
    private readonly Roster _roster;
    private readonly ShardRoll _roll;
    private readonly int[] _shards;

    public UnitFormer(Roster roster, ShardRoll roll)
    {
        (_roster, _roll) = (roster, roll);
        _shards = [.. Enumerable.Range(0, roll.Count)];
        Singles = new(roll.Count);
        foreach (var shard in _shards.Where(shard => roll[shard].Group is null))
            Singles.Add(Single(shard));
        foreach (var group in _shards.Where(shard => roll[shard].Group is not null)
            .GroupBy(shard => roll[shard].Group, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            Form([.. group]);
        }
    }

    /// <summary>The groups, or the parts of them that one node can run.</summary>
    public List<PlacementUnit> Groups { get; } = [];

    /// <summary>The shards that are placed alone.</summary>
    public List<PlacementUnit> Singles { get; }

    /// <summary>The shards of a group one by one, because running apart is better than not running.</summary>
    public IEnumerable<PlacementUnit> Apart(PlacementUnit group) =>
        Enumerable.Range(0, group.Count).Select(i => Single(group.Shards.Span[i]));

    private void Form(int[] members)
    {
        while (members.Length > 0)
        {
            var together = Whole(members);
            if (together.Takers.Members.Length > 0)
            {
                Groups.Add(together);
                return;
            }

            var part = LargestPart(members);
            if (part.Length == 0)
            {
                Singles.AddRange(Apart(together));
                return;
            }

            Groups.Add(Whole(part));
            members = [.. members.Except(part)];
        }
    }

    private int[] LargestPart(int[] members)
    {
        int[] largest = [];
        for (var node = 0; node < _roster.Count; node++)
        {
            var part = members.Where(shard => _roll.Takers(shard).Contains(node)).Take(_roster.Ceiling(node)).ToArray();
            if (part.Length > largest.Length)
                largest = part;
        }

        return largest;
    }

    private PlacementUnit Whole(int[] members)
    {
        var sets = members.Select(_roll.Takers).Distinct().ToArray();
        var takers = _roster.SetOf(node => _roster.Ceiling(node) >= members.Length && Array.TrueForAll(sets, set => set.Contains(node)));
        var home = members.GroupBy(_roll.Owner).Where(owned => takers.Contains(owned.Key))
            .OrderByDescending(owned => owned.Sum(shard => (long)_roll.Load(shard))).ThenBy(owned => owned.Key)
            .Select(owned => owned.Key).FirstOrDefault(-1);
        var isScattered = home >= 0 && members.Any(shard => _roll.Owner(shard) != home);
        return new(members, members.Sum(shard => (long)_roll.Load(shard)), takers, home, isScattered, Refuge: -1);
    }

    private PlacementUnit Single(int shard)
    {
        var (owner, takers) = (_roll.Owner(shard), _roll.Takers(shard));
        var isHome = takers.Contains(owner);
        var hasRefuge = !isHome && owner >= 0 && _roster.CanRun(owner, _roll[shard].Needs);
        return new(_shards.AsMemory(shard, 1), _roll.Load(shard), takers, isHome ? owner : -1, IsScattered: false, hasRefuge ? owner : -1);
    }
}
