using System.Diagnostics;
using Tidemark.Leases;
using Tidemark.Placement;

namespace Tidemark.Tests.Placement;

public sealed class PlacerTests
{
    private static readonly Capability Routes = new("Routes", 2);

    [Fact]
    public void Shards_without_owner_are_dealt_out_evenly() =>
        Loads(new(World.Equal(4), World.Singles(10))).ShouldBe([3, 3, 2, 2], ignoreOrder: true);

    [Fact]
    public void Weights_give_proportional_shares() => Loads(new(
        [World.Node(1, World.Orders), World.Node(2, World.Orders) with { Weight = 3 }], World.Singles(40))).ShouldBe([10, 30]);

    [Fact]
    public void Weight_and_load_below_one_count_as_one() => Loads(new(
        [World.Node(1, World.Orders), World.Node(2, World.Orders) with { Weight = 0 }],
        [.. World.Singles(4).Select(shard => shard with { Load = -7 })])).ShouldBe([2, 2]);

    [Fact]
    public void Huge_loads_and_weights_are_compared_exactly()
    {
        var nodes = World.Equal(2).Select(node => node with { Weight = int.MaxValue }).ToArray();
        Loads(new(nodes, [.. World.Singles(1001).Select(shard => shard with { Load = int.MaxValue })]))
            .ShouldBe([501L * int.MaxValue, 500L * int.MaxValue], ignoreOrder: true);
    }

    [Fact]
    public void Draining_node_hands_over_what_others_can_run_and_keeps_the_rest()
    {
        var world = new World(
            [World.Node(1, World.Orders, Routes) with { IsDraining = true }, World.Node(2, World.Orders)],
            [.. World.Singles(2).Concat(World.Singles(2, Routes)).Select(shard => shard with { Owner = World.Id(1) })]);

        Loads(world).ShouldBe([2, 2]);
        world.Moves(world.Plan).ShouldBe(2);
    }

    [Fact]
    public void Draining_node_keeps_what_others_have_no_room_for() => Loads(new(
        [World.Node(1, World.Orders) with { IsDraining = true }, World.Node(2, World.Orders) with { ShardsMax = 3 }],
        [.. World.Singles(5).Select(shard => shard with { Owner = World.Id(1) })])).ShouldBe([2, 3]);

    [Fact]
    public void Owner_above_its_ceiling_sheds_the_surplus()
    {
        var nodes = World.Equal(2);
        nodes[0] = nodes[0] with { ShardsMax = 2 };
        Loads(new(nodes, [.. World.Singles(9).Select(shard => shard with { Owner = World.Id(1) })])).ShouldBe([2, 7]);
    }

    [Fact]
    public void Shard_that_only_a_full_node_can_run_gets_room_there()
    {
        // Node 1 is full of what node 2 can run as well.
        var world = new World(
            [World.Node(1, World.Orders, Routes) with { ShardsMax = 2 }, World.Node(2, World.Orders)],
            [.. World.Singles(2).Select(shard => shard with { Owner = World.Id(1) }), .. World.Singles(1, Routes)]);

        world.Plan.Unplaced.ShouldBeEmpty();
        world.Moves(world.Plan).ShouldBe(1);
    }

    [Fact]
    public void Load_moves_along_a_chain_of_nodes_that_can_run_it()
    {
        // Node 1 can only give to node 2, and node 2 only to node 3.
        var chain = new Capability("Chain", 1);
        var world = new World(
            [World.Node(1, World.Orders), World.Node(2, World.Orders, chain), World.Node(3, chain)],
            [
                .. World.Singles(6).Select(shard => shard with { Owner = World.Id(1) }),
                .. World.Singles(3, chain).Select(shard => shard with { Owner = World.Id(2) }),
            ]);

        Loads(world).ShouldBe([3, 3, 3]);
    }

    [Fact]
    public void Partitions_of_a_projection_are_spread()
    {
        var world = new World(World.Equal(4), [.. World.Partitions("P", 4), .. World.Partitions("Q", 4), .. World.Partitions("R", 8)]);
        PerNode(world, "P").ShouldBe([1, 1, 1, 1]);
        PerNode(world, "Q").ShouldBe([1, 1, 1, 1]);
        PerNode(world, "R").ShouldBe([2, 2, 2, 2]);
    }

    [Fact]
    public void Node_that_joins_gets_of_every_projection()
    {
        var world = new World(World.Equal(1), [.. World.Partitions("P", 4), .. World.Partitions("Q", 4)]).Done();
        world = world with { Nodes = World.Equal(2) };
        PerNode(world, "P").ShouldBe([2, 2]);
        PerNode(world, "Q").ShouldBe([2, 2]);
    }

    [Fact]
    public void Spreading_alone_moves_nothing()
    {
        var world = new World(World.Equal(2),
        [
            .. World.Partitions("P", 2).Select(shard => shard with { Owner = World.Id(1) }),
            .. World.Partitions("Q", 2).Select(shard => shard with { Owner = World.Id(2) }),
        ]);
        world.Moves(world.Plan).ShouldBe(0);
    }

    [Fact]
    public void Groups_are_dealt_out_before_single_shards()
    {
        var world = new World(World.Equal(2), [.. Group("a", 3), .. Group("b", 3), .. World.Singles(4)]);
        Loads(world).ShouldBe([5, 5]);
        new World(World.Equal(2), [.. Group("a", 6), .. Group("b", 1), .. World.Singles(5)]).Plan.Unplaced.ShouldBeEmpty();
        Loads(new(World.Equal(2), [.. Group("a", 6), .. Group("b", 1), .. World.Singles(5)])).ShouldBe([6, 6]);
    }

    [Fact]
    public void Groups_of_different_sizes_are_as_even_as_they_can_be() => Loads(new(
        World.Equal(2), [.. Group("a", 3), .. Group("b", 3), .. Group("c", 2), .. Group("d", 2), .. Group("e", 2)])).ShouldBe([6, 6]);

    [Fact]
    public void Group_that_no_node_can_run_whole_runs_in_parts()
    {
        var unknown = new Capability("Unknown", 1);
        var world = new World(
            [World.Node(1, World.Orders), World.Node(2, Routes)],
            [
                .. World.Singles(3).Concat(World.Singles(2, Routes)).Concat(World.Singles(1, unknown))
                    .Select(shard => shard with { Group = "g" }),
            ]);

        Loads(world).ShouldBe([3, 2]);
        world.Plan.Unplaced.Values.ShouldBe(["no node can run Unknown v1"]);
    }

    [Fact]
    public void Group_above_every_ceiling_runs_in_parts() => Loads(new(
        [.. World.Equal(2).Select(node => node with { ShardsMax = 3 })], Group("g", 5))).ShouldBe([3, 2], ignoreOrder: true);

    [Fact]
    public void Group_that_finds_no_room_as_a_whole_runs_in_parts()
    {
        var world = new World([.. World.Equal(3).Select(node => node with { ShardsMax = 3 })],
            [.. Group("a", 2), .. Group("b", 2), .. Group("c", 2), .. Group("d", 3)]);
        Loads(world).ShouldBe([3, 3, 3]);
        world.Done().Moves(world.Done().Plan).ShouldBe(0);
    }

    [Fact]
    public void Group_gathers_where_most_of_it_is()
    {
        var group = Group("g", 3);
        var world = new World(World.Equal(2), [.. group.Select((shard, i) => shard with { Owner = World.Id(i == 0 ? 1 : 2) })]);
        Loads(world).ShouldBe([0, 3]);
    }

    [Fact]
    public void Pin_is_obeyed_up_to_the_ceiling()
    {
        var nodes = World.Equal(2);
        PlacementShard[] pinned = [.. World.Singles(4).Select(shard => shard with { Pin = World.Id(2), Owner = World.Id(1) })];
        Loads(new(nodes, pinned)).ShouldBe([0, 4]);
        Loads(new([nodes[0], nodes[1] with { ShardsMax = 3 }], pinned)).ShouldBe([1, 3]);
        Loads(new([nodes[0], nodes[1] with { IsDraining = true }], pinned)).ShouldBe([4, 0]);
        Loads(new([nodes[0], World.Node(2, Routes)], pinned)).ShouldBe([4, 0]);
        Loads(new([nodes[0]], pinned)).ShouldBe([4]);
    }

    [Fact]
    public void Pinned_shard_takes_its_group_along()
    {
        var group = Group("g", 3);
        group[1] = group[1] with { Pin = World.Id(2) };
        Loads(new(World.Equal(2), [.. group.Select(shard => shard with { Owner = World.Id(1) })])).ShouldBe([0, 3]);
    }

    [Fact]
    public void Others_make_room_for_pinned_load() => Loads(new(
        World.Equal(2), [.. World.Singles(10).Select((shard, i) => shard with { Pin = i < 3 ? World.Id(1) : null })])).ShouldBe([5, 5]);

    [Fact]
    public void What_cannot_be_placed_has_its_reason()
    {
        var able = World.Node(1, World.Orders);
        WhyNot().ShouldBe("no node is alive");
        WhyNot(World.Node(1, Routes)).ShouldBe("no node can run Orders v1");
        WhyNot(able with { IsDraining = true }).ShouldBe("every node that can run Orders v1 is draining");
        WhyNot(able with { ShardsMax = 0 }).ShouldBe("every node that can run Orders v1 is at its ceiling (ShardsMax)");
        WhyNot(able with { ShardsMax = 0 }, World.Node(2, World.Orders) with { IsDraining = true })
            .ShouldBe("every node that can run Orders v1 is draining or at its ceiling (ShardsMax)");
    }

    [Fact]
    public void Shard_or_node_that_is_there_twice_is_refused()
    {
        var shard = World.Shard("main");
        Should.Throw<ArgumentException>(() => new World(World.Equal(1), [shard, shard with { Load = 2 }]).Plan)
            .Message.ShouldContain("Orders:g1:0-1023@main is given twice");
        var node = World.Node(1, World.Orders);
        Should.Throw<ArgumentException>(() => new World([node, node], []).Plan).Message.ShouldContain($"{node.Id} is given twice");
    }

    /// <summary>
    /// Ten times what it takes on a machine that does nothing else, and far below what a step for every pair of shards would take.
    /// </summary>
    [Theory]
    [InlineData(4, false)]
    [InlineData(50, false)]
    [InlineData(4, true)]
    [InlineData(50, true)]
    public void Ten_thousand_shards_are_placed_at_once(int nodes, bool isJoin)
    {
        var world = new World(World.Equal(isJoin ? nodes - 1 : nodes), World.Singles(10_000));
        if (isJoin)
            world = world.Done() with { Nodes = World.Equal(nodes) };
        Fastest(world).ShouldBeLessThan(150);
    }

    [Fact]
    public void Ten_thousand_shards_of_many_projections_on_differing_nodes_are_placed_at_once()
    {
        Capability[] all = [.. Enumerable.Range(0, 100).Select(i => new Capability($"P{i}", 1))];
        var nodes = Enumerable.Range(1, 50).Select(n => World.Node(n, [.. all.Where((_, i) => (i + n) % 7 < 3)])).ToArray();
        PlacementShard[] shards = [.. all.SelectMany(needs => World.Singles(100, needs))];
        Fastest(new(nodes, [.. shards.Select((shard, i) => shard with { Load = 1 + (i % 3), Group = i % 50 == 0 ? $"g{i % 20}" : null })]))
            .ShouldBeLessThan(500);
        Fastest(new(nodes, [.. shards.Select(shard => shard with { Owner = nodes[0].Id })])).ShouldBeLessThan(500);
    }

    /// <summary>Milliseconds of the best of some runs, which other work on the machine does not change.</summary>
    private static double Fastest(World world)
    {
        var fastest = Enumerable.Range(0, 12).Select(run =>
        {
            var start = Stopwatch.GetTimestamp();
            _ = world.Plan;
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }).Min();
        TestContext.Current.TestOutputHelper?.WriteLine($"{world.Shards.Count} shards on {world.Nodes.Count} nodes: {fastest:0.0} ms");
        return fastest;
    }

    private static PlacementShard[] Group(string name, int count) =>
        [.. World.Singles(count).Select(shard => shard with { Name = shard.Name with { Projection = name }, Group = name })];

    private static long[] Loads(World world) => world.Loads(world.Plan);

    private static int[] PerNode(World world, string projection)
    {
        var plan = world.Plan;
        return [.. world.Nodes.Select(node => plan.Placed.Count(p => p.Value == node.Id && p.Key.Projection == projection))];
    }

    private static string WhyNot(params PlacementNode[] nodes) => new World(nodes, World.Singles(1)).Plan.Unplaced.Values.Single();
}
