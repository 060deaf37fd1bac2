using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Outages;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.TestKit;
using Tidemark.TestKit.Postgres;

namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>The database is gone for longer than leases last, under load, with settings as by default.</summary>
public sealed class OutageTests
{
    private const int SecondsInSuite = 11;
    private const int SecondsInSoak = 60;
    private static readonly TimeSpan RecoveryMax = TimeSpan.FromSeconds(10);

    [Fact]
    [Trait(Soak.Name, Soak.Yes)]
    public async Task Every_shard_runs_again_within_10_seconds_of_the_return_of_the_database()
    {
        Assert.SkipWhen(Requirements.OwnPostgreSqlMissing() is not null, Requirements.OwnPostgreSqlMissing() ?? "");
        int seed = Chance.NewSeed();
        await using PostgresCluster cluster = await PostgresCluster.StartNewAsync();
        await using PostgreSqlStore store = await PostgreSqlStore.CreateAsync(cluster);
        await using Fleet fleet = await Fleet.StartAsync(store, Pace.Default, nodes: 2);
        await using var watch = new CheckpointWatch(store);
        var load = new Load(fleet.Outside.Store, seed, writers: 2, pauseMilliseconds: 5);
        using var stop = new CancellationTokenSource();
        Task running = load.RunAsync(stop.Token);
        await load.ProgressAsync(50);

        await cluster.StopAsync(PostgresStop.Immediate);
        using (var away = new PeriodicTimer(TimeSpan.FromSeconds(Soak.Times(SecondsInSuite, SecondsInSoak))))
            await away.WaitForNextTickAsync();
        await cluster.StartAsync();
        long returned = TimeProvider.System.GetTimestamp();
        AppendResult marker = await Recovery.AppendAsync(fleet.Outside.Store);
        await fleet.CaughtUpAsync(marker.Last);
        TimeSpan time = TimeProvider.System.GetElapsedTime(returned);
        Chance.Say($"every shard has worked again {time} after the return of the database");
        time.ShouldBeLessThan(RecoveryMax);

        await fleet.EvenAsync(2);
        await load.ProgressAsync(50);
        await stop.CancelAsync();
        await running;
        await watch.CheckAsync();
        await fleet.EndAsync();
        await using TidemarkHost host = await store.StartBankAsync();
        await ReadModelAudit.CheckAsync(store, host);
        LogAudit.CheckAcknowledged(await LogAudit.ReadAsync(store), load.Acknowledged);
    }
}
