using System.Text.RegularExpressions;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.Projections;
using Tidemark.TestKit.Postgres;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>What nodes ask of the server: connections, and statements while there is nothing to do.</summary>
public sealed partial class FootprintTests
{
    /// <summary>The budget by default, and the one that listens.</summary>
    private const int ConnectionsMax = 11;

    private const int IdleProjections = 16;
    private const int StatementsPerMinuteMax = 30;

    /// <summary>More than the time between two heartbeats by default: by then every node knows of a change.</summary>
    private static readonly TimeSpan HeardMax = TimeSpan.FromSeconds(5);

    private sealed class Idle : FlatTableProjection
    {
        public Idle(int number)
        {
            Name = $"Idle{number}";
            Column("events", ColumnType.Integer, notNull: true);
            On<Deposited>(e => e.Data.Branch, (row, _) => row.Increment("events"));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task Connections_of_a_node_do_not_grow_with_its_shards(int partitions)
    {
        Assert.SkipWhen(PostgreSqlStore.Missing is not null, PostgreSqlStore.Missing ?? "");
        await using var store = (PostgreSqlStore)await PostgreSqlStore.CreateAsync();
        NodeOptions options = Pace.Default with { Partitions = partitions };
        await using Fleet fleet = await Fleet.StartAsync(store, options, nodes: 0);
        await fleet.FillAsync(2_000, Chance.NewSeed());

        var named = new StoreChoice(store.Choice.Kind, store.NodeString("counted"));
        await fleet.AddAsync(fleet.Options with { Store = named });
        long most = 0;
        await fleet.SeenAsync(s => s.AllOwned(fleet.Shards), "all shards have an owner");
        Task caughtUp = fleet.FillAsync(1_000, Chance.NewSeed());
        while (!caughtUp.IsCompleted)
        {
            var rows = await store.QueryAsync(
                "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'counted'");
            most = Math.Max(most, (long)rows[0][0]);
        }

        await caughtUp;
        Chance.Say($"{fleet.Shards} shards: at most {most} connections");
        most.ShouldBeInRange(1, ConnectionsMax);
    }

    [Fact]
    public async Task Idle_nodes_with_16_projections_send_few_statements_and_write_nothing_but_heartbeats()
    {
        Assert.SkipWhen(Requirements.OwnPostgreSqlMissing() is not null, Requirements.OwnPostgreSqlMissing() ?? "");
        await using PostgresCluster cluster = await PostgresCluster.StartNewAsync(new PostgresClusterOptions
        {
            Settings = new Dictionary<string, string> { ["shared_preload_libraries"] = "'pg_stat_statements'" },
        });
        await using PostgreSqlStore store = await PostgreSqlStore.CreateAsync(cluster);
        await store.ExecuteAsync("create extension pg_stat_statements");
        await using TidemarkHost first = await StartIdleAsync(store);
        await using TidemarkHost second = await StartIdleAsync(store);
        await WorkAsync(first, store);

        TimeSpan length = TimeSpan.FromSeconds(24);
        await store.QueryAsync("select pg_stat_statements_reset()");
        using (var quiet = new PeriodicTimer(length))
            await quiet.WaitForNextTickAsync();
        var statements = (await store.QueryAsync(
            "select query, calls from pg_stat_statements " +
            "where dbid = (select oid from pg_database where datname = current_database()) and query not like '%pg_stat_statements%'"))
            .Select(r => (Query: (string)r[0], Calls: (long)r[1])).ToArray();
        foreach ((string query, long calls) in statements)
            Chance.Say($"{calls,5}  {Blanks().Replace(query, " ")}");
        statements.Where(s => Write().IsMatch(s.Query)).ShouldBeEmpty();
        statements.Where(s => s.Query.Contains("tick_leases", StringComparison.Ordinal)).Sum(s => s.Calls).ShouldBePositive();
        statements.Sum(s => s.Calls).ShouldBeLessThanOrEqualTo((long)(2 * StatementsPerMinuteMax * length.TotalMinutes));
    }

    // Idle is who has worked, has written the last of it, and has heard of the last change of owners.
    private static async Task WorkAsync(TidemarkHost host, PostgreSqlStore store)
    {
        var last = await Outages.Recovery.AppendAsync(host.Store);
        await host.Daemon.WaitForCaughtUpAsync(Eventually.Patience);
        string behind = $"select count(*) from {store.Checkpoints} where position < {last.Last}";
        await Eventually.TrueAsync(
            async () => (long)(await store.QueryAsync(behind))[0][0] == 0, () => "every checkpoint has passed the end");
        long change = 0;
        long since = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                var view = await host.Database.Storage.Leases.ReadAsync(TestContext.Current.CancellationToken);
                if (view.Change != change)
                    (change, since) = (view.Change, TimeProvider.System.GetTimestamp());
                return TimeProvider.System.GetElapsedTime(since) > HeardMax;
            },
            () => "no owner changes any more");
    }

    private static Task<TidemarkHost> StartIdleAsync(PostgreSqlStore store) => store.StartAsync(tide =>
    {
        for (int i = 0; i < IdleProjections; i++)
            tide.AddProjection(new Idle(i));
    });

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\b(insert|update|delete|merge)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Write();
}
