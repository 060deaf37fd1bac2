using Tidemark.Leases;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Leases;

/// <summary>The roster: who is alive, by the database's clock.</summary>
public abstract class NodeTests<TKind> : LeaseCase<TKind>
    where TKind : ITestStoreKind
{
    [Fact]
    public async Task Node_is_on_the_roster_as_it_describes_itself()
    {
        var node = NewNode("näme \"1\"") with { ShardsMax = 12, Weight = 250 };

        var view = await BeatAsync(node);

        var stored = view.Nodes.ShouldHaveSingleItem();
        stored.Capabilities.ShouldBe(node.Capabilities);
        stored.ShouldBe(node with { StartedAt = view.Now, ExpiresAt = view.Now + TimeToLive, Capabilities = stored.Capabilities });
        view.Now.ShouldBeInRange(DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        view.Now.Offset.ShouldBe(TimeSpan.Zero);

        var again = await BeatAsync(node with { ShardsMax = null, Capabilities = [] });
        var beaten = again.Nodes.ShouldHaveSingleItem();
        (beaten.ShardsMax, beaten.Capabilities.Count, beaten.StartedAt, beaten.ExpiresAt)
            .ShouldBe((null, 0, stored.StartedAt, again.Now + TimeToLive));
    }

    [Fact]
    public async Task Node_whose_process_start_is_not_known_can_join()
    {
        var node = NewNode() with { ProcessStartedAt = DateTimeOffset.MaxValue };

        var stored = (await BeatAsync(node)).Nodes.ShouldHaveSingleItem();

        (await BeatAsync(stored)).Nodes.ShouldHaveSingleItem().ProcessStartedAt.ShouldBe(stored.ProcessStartedAt);
    }

    [Fact]
    public async Task State_is_raised_by_a_tick_and_set_either_way_by_a_change()
    {
        var node = NewNode();
        var joined = await BeatAsync(node);
        var draining = await BeatAsync(node with { State = NodeState.Draining }, joined.Change);
        draining.Nodes.ShouldHaveSingleItem().State.ShouldBe(NodeState.Draining);
        draining.Change.ShouldBeGreaterThan(joined.Change, "others have reason to look");

        (await BeatAsync(node)).Nodes.ShouldHaveSingleItem().State.ShouldBe(NodeState.Draining);
        (await Leases.ChangeAsync(new() { Nodes = [new(node.Id, NodeState.Active)] }, Token)).ShouldBeTrue();
        (await BeatAsync(node)).Nodes.ShouldHaveSingleItem().State.ShouldBe(NodeState.Active);
        (await Leases.ChangeAsync(new() { Nodes = [new(node.Id, NodeState.Draining)] }, Token)).ShouldBeTrue();
        (await BeatAsync(node)).Nodes.ShouldHaveSingleItem().State.ShouldBe(NodeState.Draining);
    }

    [Fact]
    public async Task Ended_nodes_expire_at_once_but_never_the_caller()
    {
        var (dead, other) = (NewNode(), NewNode());
        await OwnAsync(dead, Shard(0));

        var view = await TickAsync(Tick(other) with { Ended = [dead.Id, other.Id, Guid.CreateVersion7()], Claim = [Shard(0)] });

        view.Nodes.ShouldHaveSingleItem().Id.ShouldBe(other.Id);
        view.Shards.ShouldHaveSingleItem().Owner.ShouldBe(other.Id);
    }

    [Fact]
    public async Task Ended_node_that_lives_after_all_comes_back_with_its_shards()
    {
        var (node, other) = (NewNode(), NewNode());
        await OwnAsync(node, Shard(0));
        await TickAsync(Tick(other) with { Ended = [node.Id] });

        await BeatAsync(node);

        var view = await ClaimAsync(other, Shard(0));
        view.Nodes.Select(n => n.Id).Order().ShouldBe(new[] { node.Id, other.Id }.Order());
        view.Shards.ShouldHaveSingleItem().Owner.ShouldBe(node.Id);
    }

    [Fact]
    public async Task Expired_node_is_shown_to_tools_while_it_owns_shards_and_then_forgotten()
    {
        var (dead, idle, other) = (NewNode("dead"), NewNode("idle"), NewNode("other"));
        await OwnAsync(dead, Shard(0));
        await ExpireAsync(dead);
        await ExpireAsync(idle);

        (await BeatAsync(other)).Nodes.ShouldHaveSingleItem().Name.ShouldBe("other");
        (await ReadAsync()).Nodes.Select(n => n.Name).Order().ShouldBe(["dead", "other"]);

        await ClaimAsync(other, Shard(0));
        (await ReadAsync()).Nodes.ShouldHaveSingleItem().Name.ShouldBe("other");
        (await BeatAsync(idle)).Nodes.Select(n => n.Name).Order().ShouldBe(["idle", "other"]);
    }

    [Fact]
    public void Time_to_live_out_of_its_range_is_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new LeaseTick(NewNode(), TimeSpan.Zero, 0));
        Should.Throw<ArgumentOutOfRangeException>(() => new LeaseTick(NewNode(), TimeSpan.FromDays(2), 0));
        new LeaseTick(NewNode(), LeaseTick.TimeToLiveMax, 0).TimeToLive.ShouldBe(LeaseTick.TimeToLiveMax);
    }
}
