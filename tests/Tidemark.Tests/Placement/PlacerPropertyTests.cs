using FsCheck;
using FsCheck.Fluent;
using Tidemark.Placement;

namespace Tidemark.Tests.Placement;

public sealed class PlacerPropertyTests
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(1500);

    [Fact]
    public void Placing_again_changes_nothing() => Check(Worlds.Any, world =>
    {
        var done = world.Done();
        var again = done.Plan;
        again.Placed.ShouldBe(world.Plan.Placed, ignoreOrder: true);
        again.Unplaced.Keys.ShouldBe(world.Plan.Unplaced.Keys, ignoreOrder: true);
    });

    [Fact]
    public void Order_of_the_lists_does_not_matter() => Check(
        from world in Worlds.Any
        from nodes in Worlds.Shuffled(world.Nodes)
        from shards in Worlds.Shuffled(world.Shards)
        select (world, shuffled: new World(nodes, shards)),
        pair =>
        {
            pair.shuffled.Plan.Placed.ShouldBe(pair.world.Plan.Placed, ignoreOrder: true);
            pair.shuffled.Plan.Unplaced.ShouldBe(pair.world.Plan.Unplaced, ignoreOrder: true);
        });

    [Fact]
    public void Every_shard_is_placed_where_it_may_be_or_has_a_reason() => Check(Worlds.Any, world =>
    {
        var plan = world.Plan;
        plan.Placed.Keys.Concat(plan.Unplaced.Keys).ShouldBe(world.Shards.Select(shard => shard.Name), ignoreOrder: true);
        foreach (var shard in world.Shards.Where(shard => plan.Placed.ContainsKey(shard.Name)))
        {
            var node = world.Nodes.Single(node => node.Id == plan.Placed[shard.Name]);
            node.Capabilities.ShouldContain(shard.Needs);
            (node.IsDraining && node.Id != shard.Owner).ShouldBeFalse("a draining node takes none");
        }

        foreach (var node in world.Nodes)
            plan.Placed.Values.Count(id => id == node.Id).ShouldBeLessThanOrEqualTo(node.ShardsMax ?? int.MaxValue);
    });

    [Fact]
    public void Nothing_waits_or_stays_on_a_draining_node_that_another_has_room_for() => Check(Worlds.Any, world =>
    {
        var plan = world.Plan;
        var room = world.Nodes.ToDictionary(n => n, n => (n.ShardsMax ?? int.MaxValue) - plan.Placed.Values.Count(id => id == n.Id));
        foreach (var shard in world.Shards)
        {
            if (plan.Placed.TryGetValue(shard.Name, out var at) && !world.Nodes.Single(node => node.Id == at).IsDraining)
                continue;
            world.Nodes.ShouldNotContain(node => Optimum.MayTake(node, shard) && room[node] > 0);
        }
    });

    [Fact]
    public void As_many_run_as_can() => Check(Worlds.Draining, world => world.Plan.Placed.Count.ShouldBe(Optimum.Runnable(world)));

    [Fact]
    public void Load_is_as_even_as_any_way_to_place_it() => Check(Worlds.Units, world =>
        Optimum.Unevenness(world.Nodes, world.Loads(world.Plan)).ShouldBe(Optimum.LeastUnevenness(world)));

    [Fact]
    public void Equal_nodes_are_at_most_one_apart() => Check(Worlds.Equal, world =>
    {
        var loads = world.Loads(world.Plan);
        (loads.Max() - loads.Min()).ShouldBeLessThanOrEqualTo(1);
    });

    [Fact]
    public void Equal_nodes_move_no_shard_more_than_balance_needs() => Check(Worlds.Equal, world =>
    {
        // What a node has above the ceiling of the mean, or of the floor once the larger shares are given out, has to go.
        var owned = world.Nodes.Select(node => world.Shards.Count(shard => shard.Owner == node.Id)).OrderDescending().ToArray();
        var larger = world.Shards.Count % owned.Length;
        var least = owned.Select((count, i) => Math.Max(0, count - (world.Shards.Count / owned.Length) - (i < larger ? 1 : 0))).Sum();
        world.Moves(world.Plan).ShouldBe(least);
    });

    [Fact]
    public void Owner_changes_only_where_going_back_would_be_worse() => Check(
        Gen.OneOf(Worlds.Units, Worlds.Loads, Worlds.Draining), world =>
    {
        var plan = world.Plan;
        var loads = world.Loads(plan);
        foreach (var shard in world.Shards)
        {
            var home = world.Nodes.ToList().FindIndex(node => node.Id == shard.Owner && Optimum.MayTake(node, shard));
            if (home < 0 || !plan.Placed.TryGetValue(shard.Name, out var at) || at == shard.Owner
                || plan.Placed.Values.Count(id => id == shard.Owner) >= (world.Nodes[home].ShardsMax ?? int.MaxValue))
            {
                continue;
            }

            var back = (long[])loads.Clone();
            back[home] += shard.Load;
            back[world.Nodes.ToList().FindIndex(node => node.Id == at)] -= shard.Load;
            Optimum.Unevenness(world.Nodes, back).ShouldBeGreaterThan(Optimum.Unevenness(world.Nodes, loads), shard.Name.ToString());
        }
    });

    [Fact]
    public void Load_cannot_be_evened_out_by_one_move_or_exchange() => Check(Worlds.Loads, world =>
    {
        var plan = world.Plan;
        var loads = world.Loads(plan);
        var placed = world.Shards.Where(shard => plan.Placed.ContainsKey(shard.Name))
            .Select(s => (Shard: s, At: world.Nodes.ToList().FindIndex(node => node.Id == plan.Placed[s.Name]))).ToArray();
        foreach (var (one, from) in placed)
        {
            for (var to = 0; to < loads.Length; to++)
            {
                if (!Optimum.MayTake(world.Nodes[to], one))
                    continue;
                if (plan.Placed.Values.Count(id => id == world.Nodes[to].Id) < (world.Nodes[to].ShardsMax ?? int.MaxValue))
                    ShouldNotImprove(world, loads, from, to, one.Load);
                foreach (var (other, _) in placed.Where(p => p.At == to && Optimum.MayTake(world.Nodes[from], p.Shard)))
                    ShouldNotImprove(world, loads, from, to, one.Load - other.Load);
            }
        }
    });

    [Fact]
    public void Joining_node_takes_its_share_and_nothing_else_moves() => Check(Worlds.Equal, before =>
    {
        var settled = before.Done();
        var joined = settled with { Nodes = World.Equal(before.Nodes.Count + 1) };
        var plan = joined.Plan;
        var moved = joined.Shards.Where(shard => shard.Owner != plan.Placed[shard.Name]).ToArray();
        var joiner = joined.Nodes[^1].Id;
        moved.ShouldAllBe(shard => plan.Placed[shard.Name] == joiner);
        moved.Length.ShouldBeLessThanOrEqualTo((int)Math.Ceiling(joined.Shards.Count / (double)joined.Nodes.Count));
        (joined.Loads(plan).Max() - joined.Loads(plan).Min()).ShouldBeLessThanOrEqualTo(1);
    });

    [Fact]
    public void Only_the_shards_of_a_leaving_node_move() => Check(
        from world in Worlds.Equal
        from leaving in Gen.Choose(0, world.Nodes.Count - 1)
        from drains in Gen.Elements(true, false)
        select (World: world.Done(), Leaving: leaving, Drains: drains),
        given =>
        {
            var leaving = given.World.Nodes[given.Leaving];
            var rest = given.World.Nodes.Where(node => node != leaving);
            var left = given.World with { Nodes = [.. given.Drains ? rest.Append(leaving with { IsDraining = true }) : rest] };
            var plan = left.Plan;
            foreach (var shard in left.Shards.Where(shard => shard.Owner != leaving.Id))
                plan.Placed[shard.Name].ShouldBe(shard.Owner!.Value);
            if (rest.Any())
                plan.Placed.Values.ShouldNotContain(leaving.Id);
        });

    [Fact]
    public void Replacing_the_nodes_one_by_one_moves_at_most_twice_the_least() => Check(
        from world in Worlds.Equal.Where(w => w.Nodes.Count > 1)
        from joinsFirst in Gen.Elements(true, false)
        select (World: world.Done(), JoinsFirst: joinsFirst),
        given =>
        {
            var (world, moves, least) = (given.World, 0, 0);
            var nodes = given.World.Nodes.Count;
            for (var i = 0; i < nodes; i++)
            {
                var fresh = World.Node(100 + i, World.Orders);
                var gone = world.Nodes[0];
                least += world.Shards.Count(shard => shard.Owner == gone.Id);
                PlacementNode[][] steps = given.JoinsFirst
                    ? [[.. world.Nodes, fresh], [.. world.Nodes.Skip(1), fresh]]
                    : [[.. world.Nodes.Skip(1)], [.. world.Nodes.Skip(1), fresh]];
                foreach (var step in steps)
                {
                    world = world with { Nodes = step };
                    moves += world.Moves(world.Plan);
                    world = world.Done();
                }
            }

            moves.ShouldBeLessThanOrEqualTo(2 * least);
        });

    [Fact]
    public void Group_is_on_one_node_and_groups_are_apart() => Check(Worlds.Groups, world =>
    {
        var plan = world.Plan;
        var groups = world.Shards.Where(shard => shard.Group is not null).GroupBy(shard => shard.Group)
            .Select(group => group.Select(shard => plan.Placed[shard.Name]).Distinct().ToArray()).ToArray();
        groups.ShouldAllBe(nodes => nodes.Length == 1);
        groups.Select(nodes => nodes[0]).Distinct().Count().ShouldBe(Math.Min(groups.Length, world.Nodes.Count));
        plan.Unplaced.ShouldBeEmpty();
    });

    [Fact]
    public void Single_shards_fill_up_what_groups_leave() => Check(Worlds.Groups, world =>
    {
        // Who has a single shard has at most one more than the one with the least.
        var plan = world.Plan;
        var loads = world.Loads(plan);
        foreach (var shard in world.Shards.Where(shard => shard.Group is null))
            loads[world.Nodes.ToList().FindIndex(node => node.Id == plan.Placed[shard.Name])].ShouldBeLessThanOrEqualTo(loads.Min() + 1);
    });

    [Fact]
    public void Pin_holds_where_the_node_may_take_the_shard() => Check(Worlds.Any, given =>
    {
        var world = given with
        {
            Nodes = [.. given.Nodes.Select(n => n with { ShardsMax = null })],
            Shards = [.. given.Shards.Select(shard => shard with { Group = null })],
        };
        foreach (var shard in world.Shards.Where(s => world.Nodes.Any(node => node.Id == s.Pin && Optimum.MayTake(node, s))))
            world.Plan.Placed[shard.Name].ShouldBe(shard.Pin!.Value);
    });

    private static void ShouldNotImprove(World world, long[] loads, int from, int to, int load)
    {
        var other = (long[])loads.Clone();
        other[from] -= load;
        other[to] += load;
        Optimum.Unevenness(world.Nodes, other).ShouldBeGreaterThanOrEqualTo(Optimum.Unevenness(world.Nodes, loads));
    }

    private static void Check<T>(Gen<T> worlds, Action<T> property) => Prop.ForAll(Arb.From(worlds), property).Check(Thorough);
}
