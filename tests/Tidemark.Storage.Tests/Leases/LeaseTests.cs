using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Leases;

/// <summary>Who may run a shard: registering, claiming, releasing (I7, I8).</summary>
public abstract class LeaseTests<TKind> : LeaseCase<TKind>
    where TKind : ITestStoreKind
{
    [Fact]
    public async Task Register_makes_shards_unowned_as_given()
    {
        var (node, pin) = (NewNode(), Guid.CreateVersion7());
        var grouped = new ShardLease(Shard(1), "billing", 7, LeaseState.Paused, null, new(41), pin, null);

        var view = await TickAsync(Tick(node) with { Register = [grouped, Wanted(Shard(0)) with { Owner = node.Id }] });

        view.Shards.ShouldBe([Wanted(Shard(0)), grouped]);
        view.IsComplete.ShouldBeTrue();
        grouped.Needs.ShouldBe(new("Orders", 7));
        (await ReadAsync()).Shards.ShouldBe(view.Shards);
    }

    [Fact]
    public async Task Register_leaves_a_generation_alone_that_has_any_shard()
    {
        var node = NewNode();
        await TickAsync(Tick(node) with { Register = [Wanted(Shard(0)) with { State = LeaseState.Retired }] });

        var view = await TickAsync(Tick(node) with
        {
            Register = [.. Wanted(Shards(4)), Wanted(Shard(0, generation: 2)), Wanted(Shard(0) with { Database = "other" })],
        });

        view.Shards.Select(l => (l.Shard.ToString(), l.State)).ShouldBe(
        [
            ("Orders:g1:0-0@main", LeaseState.Retired), ("Orders:g1:0-0@other", LeaseState.Wanted),
            ("Orders:g2:0-0@main", LeaseState.Wanted),
        ]);
    }

    [Fact]
    public async Task Claim_of_a_free_shard_raises_its_epoch()
    {
        var node = NewNode();
        var view = await OwnAsync(node, Shard(0), Shard(1));

        view.Shards.ShouldAllBe(l => l.Owner == node.Id && l.Epoch == new Epoch(1));
        view = await TickAsync(Tick(node) with { Release = [Shard(0)], Claim = [Shard(0)] });
        Find(view, Shard(0)).Epoch.ShouldBe(new Epoch(2), "released first, then taken");
        Find(view, Shard(1)).Epoch.ShouldBe(new Epoch(1));
    }

    [Fact]
    public async Task Claim_of_a_living_nodes_shard_is_refused()
    {
        var (first, second) = (NewNode(), NewNode());
        await OwnAsync(first, Shard(0));

        var view = await ClaimAsync(second, Shard(0), Shard(77));

        var lease = view.Shards.ShouldHaveSingleItem();
        (lease.Owner, lease.Epoch).ShouldBe((first.Id, new Epoch(1)));
    }

    [Fact]
    public async Task Claim_of_an_expired_nodes_shard_succeeds_with_a_higher_epoch()
    {
        var (first, second) = (NewNode(), NewNode());
        await OwnAsync(first, Shard(0), Shard(1));
        await ExpireAsync(first);

        var view = await ClaimAsync(second, Shard(0));

        (Find(view, Shard(0)).Owner, Find(view, Shard(0)).Epoch).ShouldBe((second.Id, new Epoch(2)));
        (Find(view, Shard(1)).Owner, Find(view, Shard(1)).Epoch).ShouldBe((first.Id, new Epoch(1)));
        view.Nodes.ShouldHaveSingleItem().Id.ShouldBe(second.Id);
    }

    [Fact]
    public async Task Node_that_had_expired_keeps_what_nobody_has_taken()
    {
        var (first, second) = (NewNode(), NewNode());
        var known = (await OwnAsync(first, Shard(0), Shard(1))).Change;
        await ExpireAsync(first);
        await ClaimAsync(second, Shard(0));

        var lost = await BeatAsync(first, known);

        lost.Shards.ShouldHaveSingleItem().Owner.ShouldBe(second.Id);
        lost.IsComplete.ShouldBeFalse();
        var view = await ClaimAsync(second, Shard(1));
        (Find(view, Shard(1)).Owner, Find(view, Shard(1)).Epoch).ShouldBe((first.Id, new Epoch(1)));
    }

    [Fact]
    public async Task Claim_ignores_a_pin()
    {
        var node = NewNode();
        var pinned = Wanted(Shard(0)) with { Pin = Guid.CreateVersion7() };

        var view = await TickAsync(Tick(node) with { Register = [pinned], Claim = [Shard(0)] });

        view.Shards.ShouldHaveSingleItem().Owner.ShouldBe(node.Id);
    }

    [Fact]
    public async Task Release_gives_back_only_what_the_node_owns()
    {
        var (first, second) = (NewNode(), NewNode());
        await OwnAsync(first, Shard(0), Shard(1));

        await TickAsync(Tick(second) with { Release = [Shard(0), Shard(1)] });
        (await ReadAsync()).Shards.ShouldAllBe(l => l.Owner == first.Id);
        await TickAsync(Tick(first) with { Release = [Shard(0), Shard(99)] });

        var view = await ClaimAsync(second, Shard(0), Shard(1));
        (Find(view, Shard(0)).Owner, Find(view, Shard(0)).Epoch).ShouldBe((second.Id, new Epoch(2)));
        Find(view, Shard(1)).Owner.ShouldBe(first.Id);
    }

    [Theory]
    [InlineData(LeaseState.Paused)]
    [InlineData(LeaseState.Retired)]
    public async Task Shard_that_is_not_wanted_can_be_released_and_not_claimed(LeaseState state)
    {
        var (first, second) = (NewNode(), NewNode());
        var known = (await OwnAsync(first, Shard(0))).Change;
        (await Leases.ChangeAsync(new() { Set = [new(Shard(0), state)] }, Token)).ShouldBeTrue();

        var told = (await BeatAsync(first, known)).Shards.ShouldHaveSingleItem();
        (told.State, told.Owner).ShouldBe((state, first.Id));
        var released = await TickAsync(Tick(first) with { Release = [Shard(0)] });
        released.Shards.ShouldHaveSingleItem().Owner.ShouldBeNull();
        (await ClaimAsync(second, Shard(0))).Shards.ShouldHaveSingleItem().Owner.ShouldBeNull();

        (await Leases.ChangeAsync(new() { Set = [new(Shard(0), LeaseState.Wanted)] }, Token)).ShouldBeTrue();
        (await ClaimAsync(second, Shard(0))).Shards.ShouldHaveSingleItem().Owner.ShouldBe(second.Id);
    }

    [Fact]
    public async Task Tick_repeated_after_a_lost_answer_tells_the_same_and_takes_nothing_twice()
    {
        var node = NewNode();
        var known = (await TickAsync(Tick(node) with { Register = Wanted(Shards(3)) })).Change;
        var tick = Tick(node, known) with { Register = Wanted(Shards(3)), Claim = [Shard(0), Shard(2)], Raise = [new(Shard(2), new(9))] };

        var first = await TickAsync(tick);
        var again = await TickAsync(tick);

        again.Shards.ShouldBe(first.Shards);
        again.Shards.Select(l => (l.Shard, l.Owner, l.Epoch.Value)).ShouldBe([(Shard(0), node.Id, 1L), (Shard(2), node.Id, 9L)]);
        again.Change.ShouldBe(first.Change, "nothing changed by the second one");
    }

    [Fact]
    public async Task Leave_gives_everything_back_and_takes_the_node_off_the_roster()
    {
        var (first, second) = (NewNode(), NewNode());
        await OwnAsync(first, Shards(3));
        await BeatAsync(second);

        await Leases.LeaveAsync(first.Id, Token);
        await Leases.LeaveAsync(first.Id, Token);
        await Leases.LeaveAsync(Guid.CreateVersion7(), Token);

        var view = await ReadAsync();
        view.Nodes.ShouldHaveSingleItem().Id.ShouldBe(second.Id);
        view.Shards.ShouldAllBe(l => l.Owner == null && l.Epoch == new Epoch(1));
        (await ClaimAsync(second, Shards(3))).Shards.ShouldAllBe(l => l.Owner == second.Id && l.Epoch == new Epoch(2));
    }

    [Fact]
    public async Task Raise_lifts_the_epoch_of_own_shards_and_never_lowers_one()
    {
        var (first, second) = (NewNode(), NewNode());
        await OwnAsync(first, Shard(0), Shard(1));

        await TickAsync(Tick(second) with { Raise = [new(Shard(1), new(50))] });
        await TickAsync(Tick(first) with { Raise = [new(Shard(0), new(20))] });
        var view = await TickAsync(Tick(first) with { Raise = [new(Shard(0), new(19))] });

        view.Shards.Select(l => l.Epoch.Value).ShouldBe([20, 1]);
    }

    [Fact]
    public async Task Problem_is_reported_by_the_owner_and_cleared()
    {
        var (first, second) = (NewNode(), NewNode());
        var known = (await OwnAsync(first, Shard(0), Shard(1))).Change;
        var problem = new ShardProblem("Apply", "No handler, \"really\".\n", Moment);

        await TickAsync(Tick(second) with { Report = [new(Shard(1), problem)] });
        var reported = await TickAsync(Tick(first, known) with { Report = [new(Shard(0), problem), new(Shard(1), null)] });
        reported.Shards.ShouldHaveSingleItem().ShouldBe(Wanted(Shard(0), 1) with { Owner = first.Id, Problem = problem });
        (await BeatAsync(second)).Shards.Select(l => l.Problem).ShouldBe([problem, null]);

        var again = await TickAsync(Tick(first, reported.Change) with { Report = [new(Shard(0), problem)] });
        (again.Change, again.Shards.Count).ShouldBe((reported.Change, 0), "the same again is no change");
        var cleared = await TickAsync(Tick(first, again.Change) with { Report = [new(Shard(0), null)] });
        cleared.Shards.ShouldHaveSingleItem().Problem.ShouldBeNull();
    }

    [Fact]
    public async Task Problem_stays_when_its_owner_lets_go_and_ends_with_the_next_claim()
    {
        var (first, second) = (NewNode(), NewNode());
        var problem = new ShardProblem("Database", "Away.", null);
        await OwnAsync(first, Shard(0));

        var released = await TickAsync(Tick(first) with { Report = [new(Shard(0), problem)] });
        released = await TickAsync(Tick(first) with { Release = [Shard(0)] });
        released.Shards.ShouldHaveSingleItem().Problem.ShouldBe(problem);

        (await ClaimAsync(second, Shard(0))).Shards.ShouldHaveSingleItem().Problem.ShouldBeNull();
    }

    [Fact]
    public async Task Problem_with_a_message_that_no_store_could_hold_is_stored_cut_and_replaced()
    {
        var node = NewNode();
        await OwnAsync(node, Shard(0), Shard(1));
        var tooLong = new string('x', ShardProblem.MessageCharsMax - 1) + "\U0001F600 and more";

        var view = await TickAsync(Tick(node) with
        {
            Report =
            [
                new(Shard(0), new("Apply", tooLong, DateTimeOffset.MaxValue)),
                new(Shard(1), new("Apply", "nul \0, halves \ud800 and \udc00, whole \U0001F600", null)),
            ],
        });

        view.Shards[0].Problem!.Message.ShouldBe(new string('x', ShardProblem.MessageCharsMax - 1));
        view.Shards[0].Problem!.NextTry!.Value.Year.ShouldBe(9999);
        view.Shards[1].Problem!.Message.ShouldBe("nul \ufffd, halves \ufffd and \ufffd, whole \U0001F600");
    }

    [Fact]
    public async Task Ten_thousand_shards_are_registered_and_taken_in_one_tick_each()
    {
        var (node, shards) = (NewNode(), Shards(10_000));

        (await TickAsync(Tick(node) with { Register = Wanted(shards) })).Shards.Count.ShouldBe(shards.Length);
        var view = await TickAsync(Tick(node) with { Claim = shards });

        view.Shards.Count(l => l.Owner == node.Id).ShouldBe(shards.Length);
        (await BeatAsync(node, view.Change)).Shards.ShouldBeEmpty();
    }
}
