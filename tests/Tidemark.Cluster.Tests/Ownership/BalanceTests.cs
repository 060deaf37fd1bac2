using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Cluster.Tests.Outages;
using Tidemark.Cluster.Tests.Stores;

namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>Nodes that come and go under load: who owns what follows, evenly, with few moves, and at once.</summary>
public abstract class BalanceTests<TStore>
    where TStore : IClusterStoreKind
{
    [Fact]
    public async Task Shards_are_spread_evenly_over_one_two_four_and_two_nodes_with_few_moves()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        await using ClusterStore store = await TStore.CreateAsync();
        // Nobody dies here: a heartbeat that a busy machine delays must not count as a move.
        var pace = Pace.Quick with { TickMilliseconds = 1_000, TimeToLiveMilliseconds = 10_000 };
        await using Fleet fleet = await Fleet.StartAsync(store, pace, nodes: 1);
        using var load = Load.Start(fleet.Outside.Store, Chance.NewSeed(), writers: 1, pauseMilliseconds: 5);
        await load.ProgressAsync(10);

        await JoinAsync(fleet, from: 1, to: 2);
        await JoinAsync(fleet, from: 2, to: 4);
        await LeaveAsync(fleet, load);

        await load.EndAsync();
        await fleet.EndAsync();
        await fleet.AuditAsync(load);
    }

    private static async Task JoinAsync(Fleet fleet, int from, int to)
    {
        long before = (await fleet.LookAsync()).Claims;
        for (int i = from; i < to; i++)
            await fleet.AddAsync();
        TimeSpan time = await fleet.EvenAsync(to);
        Sight after = await fleet.LookAsync();
        long moves = after.Claims - before;
        Chance.Say($"{from} to {to} nodes: even {time} after the roster settled, {moves} moves");
        time.ShouldBeLessThan((2 * fleet.Tick) + Fleet.Slack);
        moves.ShouldBeLessThanOrEqualTo(Enumerable.Range(from + 1, to - from).Sum(n => (fleet.Shards + n - 1) / n), after.ToString());
    }

    // A hand-over takes a tick where hints do not get through, and next to nothing elsewhere.
    private static async Task LeaveAsync(Fleet fleet, Load load)
    {
        Sight before = await fleet.LookAsync();
        Node[] leaving = [.. fleet.Nodes.Take(2)];
        int owned = leaving.Sum(n => before.OwnedBy(n).Count);
        foreach (Node node in leaving)
            node.Process.Terminate();
        TimeSpan time = await fleet.OwnedAgainAsync(leaving);
        await fleet.EvenAsync(2);
        Sight after = await fleet.LookAsync();
        Chance.Say($"4 to 2 nodes: all shards owned again after {time}, {after.Claims - before.Claims} moves");
        time.ShouldBeLessThan((2 * fleet.Tick) + Fleet.Slack);
        (after.Claims - before.Claims).ShouldBeInRange(owned, fleet.Shards - (fleet.Shards / 4));
        foreach (Node node in leaving)
            (await node.Process.WaitForExitAsync(Eventually.Patience)).ShouldBe(0, node.Process.Output.Tail());
        await load.ProgressAsync(10);
    }
}

public sealed class BalanceTestsOnPostgreSql : BalanceTests<PostgreSqlStore>;

public sealed class BalanceTestsOnSqlite : BalanceTests<SqliteStore>;

public sealed class BalanceTestsBehindPooler : BalanceTests<PooledStore>;
