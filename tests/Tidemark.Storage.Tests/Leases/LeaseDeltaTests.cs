using System.Collections.Concurrent;
using Tidemark.Leases;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Leases;

/// <summary>What a node is told: exactly what changed, in the order of the changes.</summary>
public abstract class LeaseDeltaTests<TKind> : LeaseCase<TKind>
    where TKind : ITestStoreKind
{
    [Fact]
    public async Task Heartbeat_changes_nothing_for_others()
    {
        var (first, second) = (NewNode(), NewNode());
        await OwnAsync(first, Shards(3));
        var known = (await BeatAsync(second)).Change;

        for (var i = 0; i < 3; i++)
        {
            await BeatAsync(first, known);
            await TickAsync(Tick(first, known) with { Register = Wanted(Shards(3)), Claim = Shards(3), Release = [Shard(9)] });
        }

        var view = await BeatAsync(second, known);
        (view.Change, view.Shards.Count, view.IsComplete).ShouldBe((known, 0, false));
    }

    [Fact]
    public async Task Tick_tells_what_changed_after_what_the_node_knows()
    {
        var (first, second) = (NewNode(), NewNode());
        await OwnAsync(first, Shards(3));
        var known = (await BeatAsync(second)).Change;
        var released = await TickAsync(Tick(first) with { Release = [Shard(1)] });
        await TickAsync(Tick(first) with { Release = [Shard(2)] });

        (await BeatAsync(second, known)).Shards.Select(l => l.Shard).ShouldBe([Shard(1), Shard(2)]);
        (await BeatAsync(second, released.Change)).Shards.Select(l => l.Shard).ShouldBe([Shard(2)]);
        (await BeatAsync(second)).Shards.Select(l => l.Shard).ShouldBe(Shards(3));
    }

    [Fact]
    public async Task Join_leave_and_end_of_a_node_give_others_reason_to_look()
    {
        var watcher = NewNode();
        var change = (await BeatAsync(watcher)).Change;
        var (first, second) = (NewNode(), NewNode());

        await MovesAsync(() => BeatAsync(first));
        await MovesAsync(() => BeatAsync(second));
        await MovesAsync(() => Leases.LeaveAsync(first.Id, Token).AsTask());
        await MovesAsync(() => TickAsync(Tick(watcher) with { Ended = [second.Id] }));

        async Task MovesAsync(Func<Task> act)
        {
            await act();
            var now = (await BeatAsync(watcher, change)).Change;
            now.ShouldBe(change + 1);
            change = now;
        }
    }

    [Fact]
    public async Task Node_that_knows_a_change_that_was_never_given_to_it_is_told_everything()
    {
        var (node, stranger) = (NewNode(), NewNode());
        var known = (await OwnAsync(node, Shards(2))).Change;

        var above = await BeatAsync(node, known + 1);
        (above.Shards.Count, above.IsComplete, above.Change).ShouldBe((2, true, known));
        var absent = await BeatAsync(stranger, known);
        (absent.Shards.Count, absent.IsComplete).ShouldBe((2, true));
        (await BeatAsync(node, above.Change)).IsComplete.ShouldBeFalse("one more joined");
        (await BeatAsync(node, -7)).IsComplete.ShouldBeTrue();
    }

    // Each shard changes once, so what a reader misses stays missed.
    [Fact]
    public async Task Readers_of_deltas_miss_nothing_while_many_change_shards()
    {
        const int count = 600;
        await using var other = Store.OpenAgain();
        var free = new ConcurrentQueue<ShardName>(Shards(count));
        await TickAsync(Tick(NewNode()) with { Register = Wanted(Shards(count)) });
        var changing = Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(
            () => ChangeAsync(i % 2 == 0 ? Leases : other.Leases, free, pause: i >= 4))));

        var followers = await Task.WhenAll(
            Task.Run(() => FollowAsync(Leases, changing)), Task.Run(() => FollowAsync(other.Leases, changing)));

        await changing;
        var stored = (await ReadAsync()).Shards;
        stored.ShouldAllBe(l => l.Owner != null || l.State == LeaseState.Paused);
        foreach (var followed in followers)
            followed.Values.OrderBy(l => l.Shard.ToString(), StringComparer.Ordinal).ShouldBe(stored);
    }

    private async Task ChangeAsync(ILeaseStore leases, ConcurrentQueue<ShardName> free, bool pause)
    {
        var node = NewNode();
        while (free.TryDequeue(out var shard))
        {
            ShardName[] shards = free.TryDequeue(out var second) ? [shard, second] : [shard];
            if (pause)
                await leases.ChangeAsync(new() { Set = [.. shards.Select(s => KeyValuePair.Create(s, LeaseState.Paused))] }, Token);
            else
                await leases.TickAsync(Tick(node) with { Claim = shards }, Token);
        }
    }

    private async Task<Dictionary<ShardName, ShardLease>> FollowAsync(ILeaseStore leases, Task changing)
    {
        var (node, known, shards) = (NewNode(), 0L, new Dictionary<ShardName, ShardLease>());
        bool ended;
        do
        {
            ended = changing.IsCompleted;
            var view = await leases.TickAsync(Tick(node, known), Token);
            view.Change.ShouldBeGreaterThanOrEqualTo(known);
            view.IsComplete.ShouldBe(known == 0);
            known = view.Change;
            foreach (var lease in view.Shards)
                shards[lease.Shard] = lease;
        }
        while (!ended);
        return shards;
    }
}
