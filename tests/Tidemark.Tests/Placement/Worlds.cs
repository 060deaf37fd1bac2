using FsCheck;
using FsCheck.Fluent;
using Tidemark.Leases;
using Tidemark.Placement;

namespace Tidemark.Tests.Placement;

/// <summary>Random worlds.</summary>
internal static class Worlds
{
    private static readonly Capability[] Needs = [new("A", 1), new("A", 2), new("B", 1), new("C", 1)];

    private static readonly Gen<Capability[]> Capabilities =
        Gen.Frequency((1, Gen.Constant(Needs)), (2, Gen.SubListOf(Needs).Select(some => some.ToArray())));

    /// <summary>Everything at once: differing nodes, groups, loads, pins, owners that are dead or cannot run it.</summary>
    public static readonly Gen<World> Any = Of(Nodes(4, mayDrain: true), 14, loadMax: 4, groups: true, pins: true);

    /// <summary>Differing nodes and owners, loads of one, nothing grouped or pinned.</summary>
    public static readonly Gen<World> Units = Of(Nodes(4, mayDrain: false), 10, loadMax: 1, groups: false, pins: false);

    /// <summary>As <see cref="Units"/>, with draining nodes; these have no ceiling.</summary>
    public static readonly Gen<World> Draining =
        Of(Nodes(4, mayDrain: true)
            .Select(nodes => nodes.Select(node => node.IsDraining ? node with { ShardsMax = null } : node).ToArray()),
            10, loadMax: 1, groups: false, pins: false);

    /// <summary>As <see cref="Units"/>, with loads.</summary>
    public static readonly Gen<World> Loads = Of(Nodes(4, mayDrain: false), 14, loadMax: 6, groups: false, pins: false);

    /// <summary>Equal nodes, single shards of equal load, any owners.</summary>
    public static readonly Gen<World> Equal =
        from nodes in Gen.Choose(1, 7)
        from shards in Gen.Choose(0, 60)
        from owners in Gen.ArrayOf(Gen.Choose(0, nodes), shards)
        select new World(World.Equal(nodes), [.. World.Singles(shards).Select((s, i) => s with { Owner = OwnerOf(owners[i]) })]);

    /// <summary>Equal nodes and groups of several sizes, with single shards.</summary>
    public static readonly Gen<World> Groups =
        from nodes in Gen.Choose(1, 5)
        from groups in Gen.ArrayOf(Gen.Choose(0, 6), 18)
        from owners in Gen.ArrayOf(Gen.Choose(0, nodes), 18)
        select new World(
            World.Equal(nodes),
            [
                .. World.Singles(18).Select((shard, i) => shard with
                {
                    Group = groups[i] == 0 ? null : $"g{groups[i]}",
                    Owner = OwnerOf(owners[i]),
                }),
            ]);

    public static Gen<T[]> Shuffled<T>(IReadOnlyList<T> items) => Gen.Shuffle(items.ToArray());

    private static Guid? OwnerOf(int number) => number == 0 ? null : World.Id(number);

    private static Gen<PlacementNode[]> Nodes(int max, bool mayDrain)
    {
        var one =
            from weight in Gen.Frequency((3, Gen.Constant(1)), (1, Gen.Choose(1, 4)))
            from ceiling in Gen.Frequency((2, Gen.Constant((int?)null)), (1, Gen.Choose(0, 5).Select(c => (int?)c)))
            from drains in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(mayDrain)))
            from can in Capabilities
            select new PlacementNode(Guid.Empty, weight, ceiling, drains, can.ToHashSet());
        return
            from count in Gen.Frequency((1, Gen.Constant(0)), (20, Gen.Choose(1, max)))
            from nodes in Gen.ArrayOf(one, count)
            select nodes.Select((node, i) => node with { Id = World.Id(i + 1) }).ToArray();
    }

    private static Gen<World> Of(Gen<PlacementNode[]> nodes, int shardsMax, int loadMax, bool groups, bool pins)
    {
        var one =
            from needs in Gen.Elements(Needs)
            from load in Gen.Choose(1, loadMax)
            from owner in Gen.Choose(0, 6)
            from pin in Gen.Frequency((5, Gen.Constant(0)), (pins ? 1 : 0, Gen.Choose(1, 5)))
            from grouped in Gen.Frequency((1, Gen.Constant(0)), (groups ? 1 : 0, Gen.Choose(1, 4)))
            select (Needs: needs, Load: load, Owner: OwnerOf(owner), Pin: OwnerOf(pin), Group: grouped == 0 ? null : $"g{grouped}");
        return
            from all in nodes
            from count in Gen.Choose(0, shardsMax)
            from shards in Gen.ArrayOf(one, count)
            select new World(all,
            [
                .. shards.Select((s, i) => World.Shard($"db{i:00}", s.Needs) with
                {
                    Load = s.Load, Owner = s.Owner, Pin = s.Pin, Group = s.Group,
                }),
            ]);
    }
}
