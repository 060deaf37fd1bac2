using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Faults;
using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Cluster.Tests.Outages;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Cluster.Tests.Takeovers;

namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>
/// One of several nodes, frozen or cut off under load beyond its lease, comes back and believes that nothing happened: not one of its
/// writes takes effect, and it takes part again.
/// </summary>
public abstract class SleeperTests<TStore>
    where TStore : IClusterStoreKind
{
    [Fact]
    public async Task Frozen_node_writes_nothing_when_it_wakes_after_its_lease()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        int seed = Chance.NewSeed();
        await using ClusterStore store = await TStore.CreateAsync();
        await using Fleet fleet = await Fleet.StartAsync(store, Pace.Quick, nodes: 3);
        Node sleeper = fleet.Nodes[0];
        await SleepAsync(
            fleet,
            sleeper,
            seed,
            () => Freezer.FreezeAsync(sleeper, store, fleet.Outside.Store, new Random(seed)),
            sleeper.Process.Continue);
    }

    /// <summary>Puts a node to sleep under load until others have all its shards, wakes it, and checks everything.</summary>
    internal static async Task SleepAsync(Fleet fleet, Node sleeper, int seed, Func<Task> sleep, Action wake)
    {
        await using var watch = new CheckpointWatch(fleet.Store);
        using var load = Load.Start(fleet.Outside.Store, seed, writers: 2, pauseMilliseconds: 2);
        await load.ProgressAsync(50);
        await fleet.SeenAsync(s => s.OwnedBy(sleeper).Count > 0, "the node owns shards");
        string[] its = [.. (await fleet.LookAsync()).OwnedBy(sleeper).Select(l => l.Shard.ToString())];
        its.ShouldNotBeEmpty();

        await sleep();
        await fleet.OwnedAgainAsync(sleeper);
        await load.ProgressAsync(50);
        var epochs = (await fleet.LookAsync()).Wanted.ToDictionary(l => l.Shard.ToString(), l => l.Epoch.Value);
        wake();
        await fleet.SeenAsync(
            s => its.All(shard => s.HasLost(sleeper, shard)), "the node has seen that its shards were not its any more");
        await fleet.EvenAsync(3);
        var later = (await fleet.LookAsync()).Wanted;
        later.ShouldAllBe(l => l.Epoch.Value >= epochs[l.Shard.ToString()]);

        await load.ProgressAsync(50);
        await load.EndAsync();
        await watch.CheckAsync();
        await fleet.EndAsync();
        await fleet.AuditAsync(load);
    }
}

public sealed class SleeperTestsOnPostgreSql : SleeperTests<PostgreSqlStore>
{
    [Fact]
    public async Task Node_whose_connections_stall_beyond_its_lease_writes_nothing_when_they_go_on()
    {
        Assert.SkipWhen(PostgreSqlStore.Missing is not null, PostgreSqlStore.Missing ?? "");
        int seed = Chance.NewSeed();
        await using ClusterStore store = await PostgreSqlStore.CreateAsync();
        await using var line = new Staller(store.Choice.Target);
        await using Fleet fleet = await Fleet.StartAsync(store, Pace.Quick, nodes: 2);
        Node cutOff = await fleet.AddAsync(fleet.Options with { Store = store.Choice with { Target = line.ConnectionString } });
        await fleet.EvenAsync(3);
        await SleepAsync(fleet, cutOff, seed, StallAsync, line.GoOn);

        Task StallAsync()
        {
            line.Stall();
            return Task.CompletedTask;
        }
    }
}

public sealed class SleeperTestsOnSqlite : SleeperTests<SqliteStore>;
