using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.TestKit;
using Tidemark.TestKit.Postgres;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>
/// Thousands of shards on a few nodes. Every node is a whole daemon with real shards and connections of its own, but the nodes are in this
/// process: ten thousand shards in processes of their own are more than two cores can start beside the other tests.
/// </summary>
[Collection(nameof(Alone))]
public sealed class ScaleTests
{
    private const int Nodes = 4;
    private const int Projections = 10;
    private const int StatementsPerTickMax = 2;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PlacedMax = TimeSpan.FromSeconds(60);

    private sealed class Deposits : FlatTableProjection
    {
        public Deposits(int number, int partitions)
        {
            Name = $"Deposits{number}";
            Partitions = partitions;
            Column("events", ColumnType.Integer, notNull: true);
            On<Deposited>(e => e.Data.Branch, (row, _) => row.Increment("events"));
        }
    }

    [Fact]
    public async Task Ten_thousand_shards_run_on_four_nodes_within_a_minute_at_two_statements_a_tick()
    {
        Assert.SkipWhen(Requirements.OwnPostgreSqlMissing() is not null, Requirements.OwnPostgreSqlMissing() ?? "");
        await using PostgresCluster cluster = await PostgresCluster.StartNewAsync(new PostgresClusterOptions
        {
            Settings = new Dictionary<string, string> { ["shared_preload_libraries"] = "'pg_stat_statements'" },
        });
        await using PostgreSqlStore store = await PostgreSqlStore.CreateAsync(cluster);
        await store.ExecuteAsync("create extension pg_stat_statements");
        await using var crew = new Crew(store, Projections, partitions: 1_000);

        long started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Nodes).Select(_ => crew.AddAsync()));
        await crew.SettleAsync();
        TimeSpan placed = TimeProvider.System.GetElapsedTime(started);
        (long ticks, long changes, long ownership) = await CountAsync(store);
        Chance.Say($"{crew.Shards} shards run after {placed}: {ticks} heartbeats, {changes} registrations, {ownership} statements in all");
        placed.ShouldBeLessThan(PlacedMax);

        // Each projection is registered once in the life of the store, with a hint, by whoever comes first; the rest belongs to the ticks.
        changes.ShouldBeInRange(Projections, Nodes * Projections);
        (ownership - (2 * changes)).ShouldBeLessThanOrEqualTo(StatementsPerTickMax * ticks);

        await store.QueryAsync("select pg_stat_statements_reset()");
        TimeSpan length = 6 * Tick;
        using (var quiet = new PeriodicTimer(length))
            await quiet.WaitForNextTickAsync();
        (ticks, changes, ownership) = await CountAsync(store);
        Chance.Say($"in {length} at rest: {ticks} heartbeats, {changes} registrations, {ownership} statements in all");
        changes.ShouldBe(0);
        ticks.ShouldBeGreaterThanOrEqualTo(Nodes * 3);
        ownership.ShouldBeLessThanOrEqualTo((long)(StatementsPerTickMax * Nodes * ((length / (0.9 * Tick)) + 1)));
    }

    [Fact]
    public async Task Replacing_all_nodes_one_by_one_moves_at_most_twice_the_least()
    {
        Assert.SkipWhen(PostgreSqlStore.Missing is not null, PostgreSqlStore.Missing ?? "");
        await using var store = (PostgreSqlStore)await PostgreSqlStore.CreateAsync();
        await using var crew = new Crew(store, projections: 4, partitions: 500);
        await Task.WhenAll(Enumerable.Range(0, Nodes).Select(_ => crew.AddAsync()));
        await crew.SettleAsync();

        long before = await crew.ClaimsAsync();
        await crew.AddAsync();
        await crew.SettleAsync();
        long joining = await crew.ClaimsAsync() - before;
        joining.ShouldBeInRange(1, (crew.Shards + Nodes) / (Nodes + 1));
        await crew.RemoveOldestAsync();
        await crew.SettleAsync();

        // Each shard has to leave the node that it is on once.
        before = await crew.ClaimsAsync();
        for (int i = 0; i < Nodes; i++)
        {
            await crew.AddAsync();
            await crew.SettleAsync();
            await crew.RemoveOldestAsync();
            await crew.SettleAsync();
        }

        long moves = await crew.ClaimsAsync() - before;
        Chance.Say($"{crew.Shards} shards: {joining} moves for one node more, {moves} for replacing {Nodes}");
        moves.ShouldBeInRange(crew.Shards, 2 * crew.Shards);
    }

    // Heartbeats with all they carry, registrations and hints: what is sent because shards have owners.
    private static async Task<(long Ticks, long Changes, long Ownership)> CountAsync(PostgreSqlStore store)
    {
        const string counted =
            "select coalesce(sum(calls) filter (where query like '%tick_leases%'), 0)::bigint, " +
            "coalesce(sum(calls) filter (where query like '%change_leases%'), 0)::bigint, coalesce(sum(calls), 0)::bigint " +
            "from pg_stat_statements " +
            "where query ~ '^select.*(_leases|pg_notify|commands)' and query not like '%pg_stat_statements%' " +
            "and dbid = (select oid from pg_database where datname = current_database())";
        object[] row = (await store.QueryAsync(counted))[0];
        return ((long)row[0], (long)row[1], (long)row[2]);
    }

    /// <summary>Nodes that share shards, the longest-serving first.</summary>
    private sealed class Crew(PostgreSqlStore store, int projections, int partitions) : IAsyncDisposable
    {
        private readonly List<TidemarkHost> _nodes = [];

        public int Shards => projections * partitions;

        public async Task AddAsync()
        {
            TidemarkHost node = await store.StartAsync(tide =>
            {
                tide.Configure(options => options.Node.Tick = Tick);
                for (int number = 0; number < projections; number++)
                    tide.AddProjection(new Deposits(number, partitions));
            });
            lock (_nodes)
                _nodes.Add(node);
        }

        public async Task RemoveOldestAsync()
        {
            TidemarkHost node = _nodes[0];
            _nodes.RemoveAt(0);
            await node.DisposeAsync();
        }

        /// <summary>Waits until every shard runs on one node and no other, evenly.</summary>
        public Task SettleAsync() => Eventually.TrueAsync(
            () => Counts() is var counts && counts.Sum() == Shards && counts.Max() - counts.Min() <= 1,
            $"{Shards} shards run evenly on {_nodes.Count} nodes");

        public async Task<long> ClaimsAsync() =>
            new Sight(await _nodes[0].Database.Storage.Leases.ReadAsync(TestContext.Current.CancellationToken)).Claims;

        public async ValueTask DisposeAsync()
        {
            foreach (TidemarkHost node in _nodes)
                await node.DisposeAsync();
        }

        private int[] Counts() => [.. _nodes.Select(n => n.Daemon.Status().Shards.Count(s => s.State == ShardState.Live))];
    }
}
