namespace Tidemark.Placement;

/// <summary>
/// Seats the units that an operator has moved to a node, before all others. A group goes where the first of its shards that has a valid pin
/// is pinned. A pin that finds its node full counts as none.
/// </summary>
internal sealed class Pins(Roster roster, ShardRoll roll, Ledger ledger)
{
    private readonly long[] _loads = new long[roster.Count];

    /// <summary>Seats those that are pinned, those first that are there already, and returns the others.</summary>
    public List<PlacementUnit> Seat(List<PlacementUnit> units)
    {
        var others = new List<PlacementUnit>(units.Count);
        var away = new List<(PlacementUnit Unit, int Pin)>();
        foreach (var unit in units)
        {
            var pin = PinOf(unit);
            if (pin >= 0 && (unit.Home != pin || unit.IsScattered))
                away.Add((unit, pin));
            else if (pin < 0 || !TrySeat(unit, pin))
                others.Add(unit);
        }

        foreach (var (unit, pin) in away)
        {
            if (!TrySeat(unit, pin))
                others.Add(unit);
        }

        return others;
    }

    /// <summary>From here on what was seated counts for balance.</summary>
    public void Weigh()
    {
        for (var node = 0; node < _loads.Length; node++)
            ledger.AddLoad(node, _loads[node]);
        Array.Clear(_loads);
    }

    private int PinOf(PlacementUnit unit)
    {
        foreach (var shard in unit.Shards.Span)
        {
            var pin = roll[shard].Pin is null ? -1 : roster.NumberOf(roll[shard].Pin);
            if (unit.Takers.Contains(pin))
                return pin;
        }

        return -1;
    }

    private bool TrySeat(PlacementUnit unit, int node)
    {
        if (ledger.Room(node) < unit.Count)
            return false;
        ledger.AddShards(node, unit.Count);
        _loads[node] += unit.Load;
        foreach (var shard in unit.Shards.Span)
            roll.Place(shard, node);
        return true;
    }
}
