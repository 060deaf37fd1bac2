using Npgsql;
using Tidemark.TestKit.PgBouncer;
using Tidemark.TestKit.Postgres;
using Tidemark.TestKit.Processes;

namespace Tidemark.TestKit.Tests;

public sealed class PostgresClusterTests
{
    [Fact]
    public async Task Databases_are_fresh_and_separate()
    {
        Need(Requirements.PostgreSqlMissing());
        PostgresCluster cluster = await PostgresCluster.SharedAsync();

        string[] databases = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => cluster.CreateDatabaseAsync()));

        databases.Distinct().Count().ShouldBe(4);
        foreach (string database in databases)
        {
            await ExecuteAsync(database, "create table t (n int)");
            (await ExecuteAsync(database, "select count(*) from t")).ShouldBe(0L);
        }
    }

    [Fact]
    public async Task Cluster_stops_restarts_and_keeps_committed_rows()
    {
        Need(Requirements.OwnPostgreSqlMissing());
        await using PostgresCluster cluster = await PostgresCluster.StartNewAsync();
        string database = await cluster.CreateDatabaseAsync();
        await ExecuteAsync(database, "create table t (n int); insert into t values (1), (2)");

        await cluster.RestartAsync(PostgresStop.Immediate);
        NpgsqlConnection.ClearAllPools();
        (await ExecuteAsync(database, "select count(*) from t")).ShouldBe(2L);

        await cluster.StopAsync();
        NpgsqlConnection.ClearAllPools();
        await Should.ThrowAsync<NpgsqlException>(() => ExecuteAsync(database, "select 1"));

        await cluster.StartAsync();
        (await ExecuteAsync(database, "select count(*) from t")).ShouldBe(2L);
    }

    [Fact]
    public async Task Disposed_cluster_leaves_nothing_behind()
    {
        Need(Requirements.OwnPostgreSqlMissing());
        PostgresCluster cluster = await PostgresCluster.StartNewAsync();
        string folder = Path.GetDirectoryName(cluster.DataFolder)!;
        int server = PostmasterOf(folder);

        await cluster.DisposeAsync();

        Directory.Exists(folder).ShouldBeFalse();
        Probe.IsRunning(server).ShouldBeFalse();
    }

    [Fact]
    public async Task Cluster_of_a_killed_process_leaves_nothing_behind()
    {
        Need(Requirements.OwnPostgreSqlMissing());
        await using ChildProcess owner = await Probe.StartAsync("cluster");
        string line = await owner.Output.WaitForAsync("folder ", Eventually.Patience);
        string folder = line["folder ".Length..];
        int server = PostmasterOf(folder);
        Probe.IsRunning(server).ShouldBeTrue();

        await owner.Kill9();

        await Eventually.TrueAsync(() => !Probe.IsRunning(server), $"server {server} ends");
        await Eventually.TrueAsync(() => !Directory.Exists(folder), $"{folder} is removed");
    }

    [Fact]
    public async Task Pooler_shares_one_server_connection_between_transactions()
    {
        Need(Requirements.PgBouncerMissing());
        PostgresCluster cluster = await PostgresCluster.SharedAsync();
        await using PgBouncerProxy pooler = await PgBouncerProxy.StartAsync(cluster, new PgBouncerOptions { PoolSize = 1 });
        string database = pooler.Through(await cluster.CreateDatabaseAsync());
        await using var first = new NpgsqlConnection(database + ";Pooling=false");
        await using var second = new NpgsqlConnection(database + ";Pooling=false");
        await first.OpenAsync();
        await second.OpenAsync();

        object? backend = await ScalarAsync(first, "select pg_backend_pid()");

        (await ScalarAsync(second, "select pg_backend_pid()")).ShouldBe(backend);
    }

    private static void Need(string? missing) => Assert.SkipWhen(missing is not null, missing ?? "");

    private static int PostmasterOf(string folder) => int.Parse(File.ReadLines(Path.Combine(folder, "data", "postmaster.pid")).First());

    private static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return await ScalarAsync(connection, sql);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
