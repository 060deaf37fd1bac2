using Tidemark.Leases;

namespace Tidemark.Placement;

/// <summary>
/// Says which node is to run each shard: a pure function, so that every node finds the same plan without a leader. The order of the lists
/// does not matter; ties go by ids and ordinal names.
/// </summary>
/// <remarks>
/// <para>What comes first wins:</para>
/// <list type="number">
/// <item>A shard goes only to a node that can run it, is not draining and is below its ceiling. A draining node keeps a shard only while no
/// other node can take it.</item>
/// <item>A pin holds where the node can take the shard, whatever the balance.</item>
/// <item>As many shards as possible run. A group that no node can take whole runs in parts.</item>
/// <item>Groups are spread evenly, then single shards fill up to an even load, relative to the weights (see <see cref="Ledger"/>).</item>
/// <item>As many shards as possible stay with their owners.</item>
/// <item>The shards of one projection and generation are spread over the nodes.</item>
/// </list>
/// <para>
/// Placing again with the plan as owners changes nothing. Where all single shards have the same load, the load is as even as it can be;
/// with
/// different loads, and for groups, no chain of moves of one size and no exchange of two units makes it more even. Groups take ceilings
/// before single shards do.
/// </para>
/// </remarks>
internal static class Placer
{
    /// <summary>Places the shards.</summary>
    /// <exception cref="ArgumentException">A node or a shard is there twice.</exception>
    public static PlacementPlan Place(PlacementInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var roster = new Roster(input.Nodes);
        var roll = new ShardRoll(roster, input.Shards);
        if (roster.Count > 0)
            Place(roster, roll);
        return Plan(roster, roll);
    }

    private static void Place(Roster roster, ShardRoll roll)
    {
        var units = new UnitFormer(roster, roll);
        var ledger = new Ledger(roster);
        var pins = new Pins(roster, roll, ledger);
        var groups = pins.Seat(units.Groups);
        pins.Weigh();
        var singles = pins.Seat(units.Singles);

        var apart = Arrange(groups, ledger, roster, roll).SelectMany(units.Apart).ToList();
        singles.AddRange(pins.Seat(apart));
        pins.Weigh();
        foreach (var single in Arrange(singles, ledger, roster, roll))
        {
            if (single.Refuge < 0 || ledger.Room(single.Refuge) < 1)
                continue;
            ledger.AddShards(single.Refuge, 1);
            roll.Place(single.Shards.Span[0], single.Refuge);
        }
    }

    private static List<PlacementUnit> Arrange(List<PlacementUnit> units, Ledger ledger, Roster roster, ShardRoll roll)
    {
        var allotment = new Allotment(units, ledger, roster.Count);
        Balancer.Run(allotment);
        return Seating.Run(units, allotment, roll);
    }

    private static PlacementPlan Plan(Roster roster, ShardRoll roll)
    {
        var placed = new Dictionary<ShardName, Guid>(roll.Count);
        var unplaced = new Dictionary<ShardName, string>();
        for (var shard = 0; shard < roll.Count; shard++)
        {
            if (roll.Node(shard) >= 0)
                placed.Add(roll[shard].Name, roster.Id(roll.Node(shard)));
            else
                unplaced.Add(roll[shard].Name, roster.WhyNone(roll[shard].Needs));
        }

        return new(placed, unplaced);
    }
}
