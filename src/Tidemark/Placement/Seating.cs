namespace Tidemark.Placement;

/// <summary>
/// Settles which unit goes where, given how many of its kind each node gets. As many as possible stay at home. Who goes, and where to,
/// spreads
/// the shards of one projection over the nodes.
/// </summary>
internal sealed class Seating
{
    private readonly IReadOnlyList<PlacementUnit> _units;
    private readonly Allotment _allotment;
    private readonly ShardRoll _roll;

    /// <summary>The units that have to find a place: those that leave home before those without one, each in order.</summary>
    private readonly List<int> _movers = [];
    private readonly List<int> _newcomers = [];

    private Seating(IReadOnlyList<PlacementUnit> units, Allotment allotment, ShardRoll roll) =>
        (_units, _allotment, _roll) = (units, allotment, roll);

    /// <summary>Writes the places into the roll and returns the units that have none.</summary>
    public static List<PlacementUnit> Run(IReadOnlyList<PlacementUnit> units, Allotment allotment, ShardRoll roll)
    {
        var seating = new Seating(units, allotment, roll);
        seating.Stay();
        return seating.Distribute();
    }

    private void Stay()
    {
        var leaving = new Dictionary<(UnitKind, int), List<int>>();
        for (var i = 0; i < _units.Count; i++)
        {
            var (kind, home) = (_allotment.KindOf[i], _units[i].Home);
            if (home < 0)
            {
                _newcomers.Add(i);
            }
            else if (kind.Placed[home] >= kind.Home[home])
            {
                Place(i, home);
            }
            else
            {
                if (!leaving.TryGetValue((kind, home), out var some))
                    leaving[(kind, home)] = some = [];
                some.Add(i);
            }
        }

        foreach (var ((kind, home), some) in leaving)
            StayOrLeave(some, home, kind.Placed[home]);
        _movers.Sort();
    }

    /// <summary>What is whole stays before what is scattered; the first of each projection before the second of any, and so on.</summary>
    private void StayOrLeave(List<int> units, int home, int stay)
    {
        var ranks = new Dictionary<(string, int), int>();
        var ranked = new List<(bool IsScattered, int Rank, int Unit)>(units.Count);
        foreach (var unit in units)
        {
            var name = _roll[_units[unit].Shards.Span[0]].Name;
            var rank = ranks[(name.Projection, name.Generation)] = ranks.GetValueOrDefault((name.Projection, name.Generation)) + 1;
            ranked.Add((_units[unit].IsScattered, rank, unit));
        }

        ranked.Sort();
        for (var i = 0; i < ranked.Count; i++)
        {
            if (i < stay)
                Place(ranked[i].Unit, home);
            else
                _movers.Add(ranked[i].Unit);
        }
    }

    private List<PlacementUnit> Distribute()
    {
        var without = new List<PlacementUnit>();
        if (_movers.Count + _newcomers.Count == 0)
            return without;

        // What is at home is seated already; what is left of the counts is to be given out.
        var open = _allotment.Kinds.ToDictionary(
            kind => kind, kind => Enumerable.Range(0, _allotment.Nodes).Select(n => Math.Max(0, kind.Placed[n] - kind.Home[n])).ToArray());
        var spread = new Spread(_roll, _allotment.Nodes);
        foreach (var unit in _movers.Concat(_newcomers))
        {
            var kind = _allotment.KindOf[unit];
            var shard = _units[unit].Shards.Span[0];
            var node = spread.Best(shard, kind.Takers.Members, open[kind]);
            if (node < 0)
            {
                without.Add(_units[unit]);
                continue;
            }

            open[kind][node]--;
            Place(unit, node);
            spread.Add(shard, node);
        }

        return without;
    }

    private void Place(int unit, int node)
    {
        foreach (var shard in _units[unit].Shards.Span)
            _roll.Place(shard, node);
    }

    /// <summary>How many shards of each projection and generation every node has.</summary>
    private sealed class Spread
    {
        private readonly int[] _families;
        private readonly int[] _counts;
        private readonly int _nodes;

        public Spread(ShardRoll roll, int nodes)
        {
            _nodes = nodes;
            _families = roll.Families(out var count);
            _counts = new int[count * nodes];
            for (var shard = 0; shard < roll.Count; shard++)
            {
                if (roll.Node(shard) >= 0)
                    Add(shard, roll.Node(shard));
            }
        }

        public void Add(int shard, int node)
        {
            if (_families[shard] >= 0)
                _counts[(_families[shard] * _nodes) + node]++;
        }

        /// <summary>The node with the fewest of the shard's projection, then the most open places; -1 when none is open.</summary>
        public int Best(int shard, int[] nodes, int[] open)
        {
            var (best, bestCount) = (-1, 0);
            foreach (var node in nodes)
            {
                if (open[node] == 0)
                    continue;
                var count = _families[shard] < 0 ? 0 : _counts[(_families[shard] * _nodes) + node];
                if (best < 0 || count < bestCount || (count == bestCount && open[node] > open[best]))
                    (best, bestCount) = (node, count);
            }

            return best;
        }
    }
}
