namespace Tidemark.Placement;

/// <summary>
/// Places what waits, and evens out. Every step raises the number of placed units, or makes the load more even, or brings a unit home at no
/// loss; so it comes to an end, and where it ends nothing is left to do: placing again from there changes nothing.
/// </summary>
internal sealed class Balancer
{
    private readonly Allotment _allotment;
    private readonly Ledger _ledger;
    private readonly ChainSearch _chains;
    private readonly UnitKind[] _byUrgency;
    private readonly Dictionary<int, UnitKind[]> _byCount;
    private readonly UnitKind[][] _bySize;
    private readonly bool[] _isSettled;

    private Balancer(Allotment allotment)
    {
        (_allotment, _ledger, _chains) = (allotment, allotment.Ledger, new(allotment));
        _isSettled = new bool[allotment.Nodes];
        _byUrgency =
        [
            .. allotment.Kinds.OrderBy(kind => kind.HasRefuge).ThenByDescending(kind => kind.Count).ThenByDescending(kind => kind.Load)
                .ThenBy(kind => kind.Takers.Members.Length),
        ];
        _byCount = allotment.Kinds.GroupBy(kind => kind.Count).ToDictionary(same => same.Key, same => same.ToArray());
        _bySize =
        [
            .. allotment.Kinds.GroupBy(kind => (kind.Load, kind.Count)).OrderByDescending(same => same.Key).Select(same => same.ToArray()),
        ];
    }

    public static void Run(Allotment allotment)
    {
        if (allotment.Kinds.Count == 0)
            return;

        var balancer = new Balancer(allotment);
        balancer.Fill();
        do
        {
            balancer.Even();
        }
        while (balancer.Fill());
    }

    /// <summary>Places all that has room, rearranging what is placed if need be; returns whether there was any.</summary>
    private bool Fill()
    {
        var any = false;
        foreach (var kind in _byUrgency)
        {
            while (kind.Waiting > 0 && (FillDirectly(kind) || FillByChain(kind)))
                any = true;
        }

        return any;
    }

    private bool FillDirectly(UnitKind kind)
    {
        var best = Lightest(kind.Takers.Members, kind);
        if (best >= 0)
            _allotment.Put(kind, best);
        return best >= 0;
    }

    private bool FillByChain(UnitKind kind)
    {
        var last = Lightest(_chains.ReachableBy(kind, _byCount[kind.Count]), kind);
        if (last < 0)
            return false;
        _allotment.Put(kind, _chains.Move(last));
        return true;
    }

    private int Lightest(ReadOnlySpan<int> nodes, UnitKind kind)
    {
        var best = -1;
        foreach (var node in nodes)
        {
            if (_ledger.Room(node) < kind.Count)
                continue;
            if (best < 0 || _ledger.IsLighter(node, best, kind.Load) || (node < best && !_ledger.IsLighter(best, node, kind.Load)))
                best = node;
        }

        return best;
    }

    private void Even()
    {
        do
        {
            while (RelieveHeaviest() || (_bySize.Length > 1 && ExchangeSizes()))
            {
                // Until neither helps.
            }
        }
        while (Homecoming.Run(_allotment, _bySize));
    }

    /// <summary>Moves off the heaviest node, again and again, until no chain from any node helps; returns whether there was any.</summary>
    private bool RelieveHeaviest()
    {
        var any = false;
        Array.Clear(_isSettled);
        for (int node; (node = Heaviest()) >= 0;)
        {
            if (Relieve(node))
                any = true;
            else
                _isSettled[node] = true;
        }

        return any;
    }

    private int Heaviest()
    {
        var smallest = _bySize[^1][0].Load;
        var best = -1;
        for (var node = 0; node < _allotment.Nodes; node++)
        {
            if (!_isSettled[node] && _allotment.HasUnits(node) && (best < 0 || _ledger.IsHeavier(node, best, smallest)))
                best = node;
        }

        return best;
    }

    private bool Relieve(int source)
    {
        UnitKind[]? bestSize = null;
        var (bestLast, bestGain) = (-1, 0.0);
        foreach (var size in _bySize)
        {
            var last = Lightest(_chains.ReachableFrom(source, size)[1..], size[0]);
            if (last < 0 || !_ledger.Improves(source, last, size[0].Load))
                continue;
            var gain = _ledger.Gain(source, last, size[0].Load);
            if (bestSize is null || gain > bestGain)
                (bestSize, bestLast, bestGain) = (size, last, gain);
        }

        if (bestSize is null)
            return false;
        if (_bySize.Length > 1)
            _ = _chains.ReachableFrom(source, bestSize);
        _chains.Move(bestLast);
        return true;
    }

    /// <summary>Exchanges a heavier unit for a lighter one where that helps, once; returns whether it did.</summary>
    private bool ExchangeSizes()
    {
        for (var from = 0; from < _allotment.Nodes; from++)
        {
            for (var to = 0; to < _allotment.Nodes; to++)
            {
                if (from == to || !_allotment.HasUnits(from) || !_allotment.HasUnits(to) || !_ledger.Improves(from, to, 1))
                    continue;
                if (BestExchange(from, to) is var (heavier, lighter))
                {
                    _allotment.Move(heavier, from, to);
                    _allotment.Move(lighter, to, from);
                    return true;
                }
            }
        }

        return false;
    }

    private (UnitKind Heavier, UnitKind Lighter)? BestExchange(int from, int to)
    {
        (UnitKind, UnitKind)? best = null;
        var bestGain = 0.0;
        foreach (var heavier in _allotment.Kinds)
        {
            if (heavier.Placed[from] == 0 || !heavier.Takers.Contains(to))
                continue;
            foreach (var lighter in _allotment.Kinds)
            {
                var (load, count) = (heavier.Load - lighter.Load, heavier.Count - lighter.Count);
                if (load <= 0 || lighter.Placed[to] == 0 || !lighter.Takers.Contains(from) || !_ledger.Improves(from, to, load)
                    || _ledger.Room(to) < count || _ledger.Room(from) < -count)
                {
                    continue;
                }

                var gain = _ledger.Gain(from, to, load);
                if (best is null || gain > bestGain)
                    (best, bestGain) = ((heavier, lighter), gain);
            }
        }

        return best;
    }
}
