using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.TestKit.Postgres;

namespace Tidemark.Cluster.Tests.Outages;

/// <summary>The database goes away under load and comes back.</summary>
public sealed class RestartTests
{
    private static readonly TimeSpan OutageLength = TimeSpan.FromSeconds(5);

    [Fact]
    [Trait(Soak.Name, Soak.Yes)]
    public async Task Store_whose_database_restarts_under_load_goes_on_by_itself_and_loses_nothing()
    {
        Assert.SkipWhen(Requirements.OwnPostgreSqlMissing() is not null, Requirements.OwnPostgreSqlMissing() ?? "");
        int seed = Chance.NewSeed();
        var random = new Random(seed);
        await using PostgresCluster cluster = await PostgresCluster.StartNewAsync();
        await using PostgreSqlStore store = await PostgreSqlStore.CreateAsync(cluster);
        await using TidemarkHost host = await store.StartBankAsync();
        using var load = Load.Start(host.Store, seed);

        long started = TimeProvider.System.GetTimestamp();
        for (int round = 0; Soak.GoesOn(round, 1, started, share: 0.2); round++)
        {
            await load.ProgressAsync(30);
            await cluster.RestartAsync(PostgresStop.Immediate);
            Chance.Say($"after an immediate stop: {await Recovery.CheckAsync(host)}");
            await Chance.PassAsync(random, 100, 1000);
            await cluster.RestartAsync(PostgresStop.Fast);
            Chance.Say($"after a fast stop: {await Recovery.CheckAsync(host)}");
            await load.ProgressAsync(30);
            await GoAwayAsync(cluster, load);
            Chance.Say($"after an outage of {OutageLength}: {await Recovery.CheckAsync(host)}");
        }

        await load.ProgressAsync(30);
        await load.EndAsync();
        Chance.Say($"{load.Unanswered} appends got no answer, {load.StoredBefore} of the repeated ones were stored already");
        await ReadModelAudit.CheckAsync(store, host);
        LogAudit.CheckAcknowledged(await LogAudit.ReadAsync(store), load.Acknowledged);
    }

    private static async Task GoAwayAsync(PostgresCluster cluster, Load load)
    {
        int before = load.Unanswered;
        await cluster.StopAsync(PostgresStop.Immediate);
        using (var away = new PeriodicTimer(OutageLength))
            await away.WaitForNextTickAsync();
        await Eventually.TrueAsync(() => load.Unanswered > before, "appends fail with an unknown outcome while the database is away");
        await cluster.StartAsync();
    }
}
