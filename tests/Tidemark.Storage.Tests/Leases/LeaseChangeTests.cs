using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Leases;

/// <summary>Changes of the set of shards: all of it, or nothing.</summary>
public abstract class LeaseChangeTests<TKind> : LeaseCase<TKind>
    where TKind : ITestStoreKind
{
    [Fact]
    public async Task Split_replaces_a_shard_in_one_change()
    {
        var node = NewNode();
        var known = (await OwnAsync(node, Shard(0))).Change;
        var children = new[] { Wanted(Shard(1), 5) with { Group = "a" }, Wanted(Shard(2), 5) };

        (await Leases.ChangeAsync(
            new() { When = [new(Shard(0), LeaseState.Wanted, false)], Set = [new(Shard(0), LeaseState.Retired)], Add = children }, Token))
            .ShouldBeTrue();

        var view = await BeatAsync(node, known);
        view.Change.ShouldBe(known + 1, "one change");
        view.Shards.ShouldBe([Wanted(Shard(0), 1) with { State = LeaseState.Retired, Owner = node.Id }, .. children]);

        (await Leases.ChangeAsync(new() { Remove = [Shard(0), Shard(99)] }, Token)).ShouldBeTrue();
        (await ReadAsync()).Shards.ShouldBe(children);
    }

    [Fact]
    public async Task Add_of_a_shard_that_exists_sets_it_and_never_lowers_its_epoch()
    {
        var node = NewNode();
        await TickAsync(Tick(node) with { Register = [Wanted(Shard(0), 9), Wanted(Shard(1), 9)], Claim = [Shard(0), Shard(1)] });
        await TickAsync(Tick(node) with { Report = [new(Shard(0), new("Apply", "It fails.", null))] });
        var pin = Guid.CreateVersion7();
        var first = new ShardLease(Shard(0), "g", 4, LeaseState.Paused, null, new(3), pin, null);

        (await Leases.ChangeAsync(new() { Add = [first, Wanted(Shard(1), 30)] }, Token)).ShouldBeTrue();

        (await ReadAsync()).Shards.ShouldBe([first with { Epoch = new(10) }, Wanted(Shard(1), 30)]);
    }

    [Fact]
    public async Task Pin_is_set_and_taken_away()
    {
        var (node, pin) = (NewNode(), Guid.CreateVersion7());
        await OwnAsync(node, Shard(0));

        (await Leases.ChangeAsync(new() { Pin = [new(Shard(0), pin)] }, Token)).ShouldBeTrue();
        (await ReadAsync()).Shards.ShouldHaveSingleItem().ShouldBe(Wanted(Shard(0), 1) with { Owner = node.Id, Pin = pin });
        (await Leases.ChangeAsync(new() { Pin = [new(Shard(0), null)] }, Token)).ShouldBeTrue();
        (await ReadAsync()).Shards.ShouldHaveSingleItem().Pin.ShouldBeNull();
    }

    [Fact]
    public async Task Other_members_may_name_shards_that_are_made_by_the_same_change()
    {
        var pin = Guid.CreateVersion7();
        (await Leases.ChangeAsync(
            new() { Add = [Wanted(Shard(0))], Set = [new(Shard(0), LeaseState.Paused)], Pin = [new(Shard(0), pin)] }, Token))
            .ShouldBeTrue();

        (await ReadAsync()).Shards.ShouldHaveSingleItem().ShouldBe(Wanted(Shard(0)) with { State = LeaseState.Paused, Pin = pin });
    }

    [Theory]
    [InlineData("state")]
    [InlineData("absent")]
    [InlineData("owned")]
    [InlineData("set")]
    [InlineData("pin")]
    [InlineData("node")]
    public async Task Change_whose_condition_does_not_hold_changes_nothing(string broken)
    {
        var (node, absent) = (NewNode(), Shard(500));
        await OwnAsync(node, Shard(0), Shard(1));
        var before = await ReadAsync();
        var change = new LeaseChange
        {
            When = [new(Shard(1), LeaseState.Wanted, false)],
            Add = [Wanted(Shard(2))],
            Set = [new(Shard(0), LeaseState.Retired)],
            Pin = [new(Shard(1), node.Id)],
            Remove = [Shard(1)],
            Nodes = [new(node.Id, NodeState.Draining)],
        };
        var refused = broken switch
        {
            "state" => change with { When = [.. change.When, new(Shard(0), LeaseState.Paused, false)] },
            "absent" => change with { When = [.. change.When, new(absent, LeaseState.Wanted, false)] },
            "owned" => change with { When = [.. change.When, new(Shard(0), LeaseState.Wanted, true)] },
            "set" => change with { Set = [.. change.Set, new(absent, LeaseState.Paused)] },
            "pin" => change with { Pin = [.. change.Pin, new(absent, null)] },
            _ => change with { Nodes = [.. change.Nodes, new(Guid.CreateVersion7(), NodeState.Active)] },
        };

        (await Leases.ChangeAsync(refused, Token)).ShouldBeFalse();

        var after = await ReadAsync();
        (after.Change, after.Nodes[0].State).ShouldBe((before.Change, NodeState.Active));
        after.Shards.ShouldBe(before.Shards);
        (await Leases.ChangeAsync(change, Token)).ShouldBeTrue("without the broken condition");
        (await ReadAsync()).Change.ShouldBe(before.Change + 1);
    }

    [Fact]
    public async Task Shard_counts_as_unowned_once_its_owner_is_not_alive()
    {
        var node = NewNode();
        await OwnAsync(node, Shard(0));
        var retire = new LeaseChange { When = [new(Shard(0), LeaseState.Wanted, true)], Set = [new(Shard(0), LeaseState.Retired)] };
        (await Leases.ChangeAsync(retire, Token)).ShouldBeFalse();

        await ExpireAsync(node);

        (await Leases.ChangeAsync(retire, Token)).ShouldBeTrue();
    }
}
