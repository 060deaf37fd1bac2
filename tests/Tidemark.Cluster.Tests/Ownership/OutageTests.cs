using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Outages;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Log;
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
        using var load = Load.Start(fleet.Outside.Store, seed, writers: 2, pauseMilliseconds: 5);
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
        await load.EndAsync();
        await watch.CheckAsync();
        await fleet.EndAsync();
        await fleet.AuditAsync(load);
    }
}
