using System.Runtime.InteropServices;

namespace Tidemark.Placement;

/// <summary>How many units of each kind every node has. It keeps the ledger.</summary>
internal sealed class Allotment
{
    private readonly List<UnitKind> _kinds = [];
    private readonly int[] _unitsAt;

    /// <summary>Starts from the units at their homes, and puts nothing above a ceiling.</summary>
    public Allotment(IReadOnlyList<PlacementUnit> units, Ledger ledger, int nodes)
    {
        (Nodes, Ledger) = (nodes, ledger);
        _unitsAt = new int[nodes];
        KindOf = new UnitKind[units.Count];
        var known = new Dictionary<(NodeSet, long, int, bool), UnitKind>();
        for (var i = 0; i < units.Count; i++)
            KindOf[i] = Count(units[i], known);

        for (var node = 0; node < nodes; node++)
            Shed(node);

        // Scattered units come last: they must not push out what is whole.
        for (var i = 0; i < units.Count; i++)
        {
            if (units[i].IsScattered && ledger.Room(units[i].Home) >= units[i].Count)
                Put(KindOf[i], units[i].Home);
        }
    }

    public int Nodes { get; }

    public Ledger Ledger { get; }

    public IReadOnlyList<UnitKind> Kinds => _kinds;

    /// <summary>The kind of each unit.</summary>
    public UnitKind[] KindOf { get; }

    public bool HasUnits(int node) => _unitsAt[node] > 0;

    /// <summary>Places one that waits.</summary>
    public void Put(UnitKind kind, int node)
    {
        kind.Waiting--;
        Change(kind, node, 1);
    }

    public void Move(UnitKind kind, int from, int to)
    {
        Change(kind, from, -1);
        Change(kind, to, 1);
    }

    private void Change(UnitKind kind, int node, int units)
    {
        kind.Placed[node] += units;
        _unitsAt[node] += units;
        Ledger.AddLoad(node, units * kind.Load);
        Ledger.AddShards(node, units * kind.Count);
    }

    private UnitKind Count(PlacementUnit unit, Dictionary<(NodeSet, long, int, bool), UnitKind> known)
    {
        var key = (unit.Takers, unit.Load, unit.Count, unit.Refuge >= 0);
        ref var kind = ref CollectionsMarshal.GetValueRefOrAddDefault(known, key, out _);
        if (kind is null)
            _kinds.Add(kind = new(unit.Takers, unit.Load, unit.Count, unit.Refuge >= 0, Nodes));

        kind.Waiting++;
        if (unit.Home >= 0)
        {
            kind.Home[unit.Home]++;
            if (!unit.IsScattered)
                Put(kind, unit.Home);
        }

        return kind;
    }

    /// <summary>Takes away what is above the ceiling: as few units as it takes, and those first that have the most other places.</summary>
    private void Shed(int node)
    {
        while (Ledger.Room(node) < 0)
        {
            var surplus = -Ledger.Room(node);
            var kind = _kinds.Where(k => k.Placed[node] > 0)
                .OrderByDescending(k => k.Count >= surplus)
                .ThenBy(k => k.Count >= surplus ? k.Count : -k.Count)
                .ThenByDescending(k => k.Takers.Members.Length)
                .First();
            kind.Waiting++;
            Change(kind, node, -1);
        }
    }
}
