using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Cluster.Tests.Takeovers;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>
/// Nodes that are lost without a word. Of a killed process the others on its host know that it ended; a frozen one is like a machine that
/// is gone: nobody can tell, and its lease has to run out.
/// </summary>
public abstract class LostNodeTests<TStore>
    where TStore : IClusterStoreKind
{
    private static readonly TimeSpan LongestByDefault = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Shards_of_a_killed_and_of_a_frozen_node_are_owned_again_within_its_lease_and_one_tick()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        await using ClusterStore store = await TStore.CreateAsync();
        await using Fleet fleet = await Fleet.StartAsync(store, Pace.Quick, nodes: 4);

        await fleet.Nodes[0].Process.Kill9();
        TimeSpan killed = await fleet.OwnedAgainAsync(fleet.Nodes[0]);
        Chance.Say($"owned again {killed} after kill -9");
        killed.ShouldBeLessThan(fleet.TimeToLive + fleet.Tick + Fleet.Slack);

        await fleet.EvenAsync(3);
        TimeSpan lost = await FreezeAsync(fleet, fleet.Nodes[1], alive: 3);
        lost.ShouldBeLessThan(fleet.TimeToLive + fleet.Tick + Fleet.Slack);
        await fleet.EvenAsync(2);
        await WorkAsync(fleet);
    }

    [Fact]
    public async Task Shards_of_a_lost_node_are_owned_again_within_15_seconds_by_default()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        await using ClusterStore store = await TStore.CreateAsync();
        await using Fleet fleet = await Fleet.StartAsync(store, Pace.Default, nodes: 2);

        TimeSpan lost = await FreezeAsync(fleet, fleet.Nodes[0], alive: 2);
        lost.ShouldBeLessThan(LongestByDefault);
        await WorkAsync(fleet);
    }

    [Fact]
    public async Task Process_started_again_after_kill_9_does_not_wait_for_the_lease_of_its_predecessor()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        NodeOptions slow = Pace.Default with { TimeToLiveMilliseconds = 600_000, TickMilliseconds = 300_000 };
        await using ClusterStore store = await TStore.CreateAsync();
        await using Fleet fleet = await Fleet.StartAsync(store, slow, nodes: 1);

        await fleet.Nodes[0].Process.Kill9();
        await fleet.AddAsync();
        TimeSpan time = await fleet.OwnedAgainAsync(fleet.Nodes[0]);
        Chance.Say($"owned again {time} after kill -9 and a new start");
        await WorkAsync(fleet);
    }

    // Nobody takes anything before the lease has run out. An attempt that fails may have cost the node its lease: the next one waits
    // until it has its share again.
    private static async Task<TimeSpan> FreezeAsync(Fleet fleet, Node node, int alive)
    {
        var random = new Random(Chance.NewSeed());
        long since = 0;
        Sight frozen = null!;
        await Eventually.TrueAsync(
            async () =>
            {
                await fleet.EvenAsync(alive);
                return await Freezer.TryFreezeAsync(node, fleet.Store, fleet.Outside.Store, random, SeeAsync);
            },
            () => "the node freezes outside its transactions");

        DateTimeOffset expires = frozen.Nodes.Single(n => n.ProcessId == node.Process.ProcessId).ExpiresAt;
        var its = frozen.OwnedBy(node).ToDictionary(l => l.Shard, l => l.Epoch);
        its.ShouldNotBeEmpty();
        await fleet.SeenAsync(
            s =>
            {
                bool taken = s.Wanted.Any(l => its.TryGetValue(l.Shard, out Epoch epoch) && l.Epoch.Value > epoch.Value);
                if (taken)
                    s.Now.ShouldBeGreaterThan(expires, "A lease is never taken from a node that is alive.");
                return taken;
            },
            "a shard of the frozen node is taken over");
        await fleet.OwnedAgainAsync(node);
        TimeSpan time = TimeProvider.System.GetElapsedTime(since);
        Chance.Say($"owned again {time} after the node froze");
        return time;

        async Task SeeAsync()
        {
            since = TimeProvider.System.GetTimestamp();
            frozen = await fleet.LookAsync();
        }
    }

    private static async Task WorkAsync(Fleet fleet)
    {
        AppendResult last = await fleet.Outside.Store.AppendAsync("account-1", ExpectedVersion.Any, [new Deposited(1, "north")]);
        await fleet.CaughtUpAsync(last.Last);
    }
}

public sealed class LostNodeTestsOnPostgreSql : LostNodeTests<PostgreSqlStore>;

public sealed class LostNodeTestsOnSqlite : LostNodeTests<SqliteStore>;

public sealed class LostNodeTestsBehindPooler : LostNodeTests<PooledStore>;
