using System.Globalization;
using Npgsql;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Hosting;
using Tidemark.PostgreSql;
using Tidemark.TestKit.Postgres;

namespace Tidemark.Benchmarks.Stores;

/// <summary>A database of a throw-away PostgreSQL server with default settings, or of a server that was named.</summary>
internal sealed class PostgresBenchStore : IBenchStore
{
    private readonly PostgresCluster? _cluster;
    private readonly int? _postmaster;

    private PostgresBenchStore(PostgresCluster? cluster, string connectionString)
    {
        _cluster = cluster;
        ConnectionString = connectionString;
        if (cluster is { CanRestart: true })
        {
            var file = Path.Combine(cluster.DataFolder, "postmaster.pid");
            _postmaster = int.Parse(File.ReadLines(file).First(), CultureInfo.InvariantCulture);
        }
    }

    public string Kind => BenchStores.Postgres;

    /// <summary>Where the database is.</summary>
    public string ConnectionString { get; }

    /// <summary>The throw-away server; null when a server was named.</summary>
    public PostgresCluster? Cluster => _cluster;

    public static async Task<PostgresBenchStore> StartAsync(string? connectionString, IReadOnlyDictionary<string, string>? settings)
    {
        if (connectionString is not null)
            return new PostgresBenchStore(null, await CreateDatabaseAsync(connectionString).ConfigureAwait(false));
        var options = new PostgresClusterOptions { Settings = settings ?? new Dictionary<string, string>() };
        var cluster = await PostgresCluster.StartNewAsync(options).ConfigureAwait(false);
        return new PostgresBenchStore(cluster, await cluster.CreateDatabaseAsync("bench").ConfigureAwait(false));
    }

    public void Use(TidemarkBuilder builder) => builder.UsePostgreSql(ConnectionString);

    public double? CpuSeconds() => _postmaster is { } id ? ProcessTree.CpuSeconds(id) : null;

    public async Task<long?> EventRowsFetchedAsync()
    {
        const string count = "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables where relid = " +
            "'tidemark.events'::regclass";
        var connection = await OpenAsync().ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            // A session hands its counts over when it ends; wait until the last one has.
            const string others = "select count(*) from pg_stat_activity where datname = current_database() and backend_type = " +
                "'client backend'";
            for (var tries = 0; tries < 100 && await ScalarAsync(connection, others).ConfigureAwait(false) > 1; tries++)
                await Task.Delay(20).ConfigureAwait(false);
            return await ScalarAsync(connection, count).ConfigureAwait(false);
        }
    }

    public async Task SettleAsync()
    {
        await ExecuteAsync("vacuum analyze").ConfigureAwait(false);
        await ExecuteAsync("checkpoint").ConfigureAwait(false);
    }

    public Task<double> MeasureAppendLimitAsync(AppendLimit limit, TimeSpan duration) =>
        new PostgresAppendLimit(this).MeasureAsync(limit, duration);

    public Task<double> MeasureReadLimitAsync() => PostgresReadLimit.MeasureAsync(ConnectionString);

    /// <summary>Opens a connection outside any pool.</summary>
    public async Task<NpgsqlConnection> OpenAsync()
    {
        var text = new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false };
        var connection = new NpgsqlConnection(text.ConnectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        return connection;
    }

    /// <summary>Runs a statement on a connection of its own.</summary>
    public async Task ExecuteAsync(string sql)
    {
        var connection = await OpenAsync().ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await using (command.ConfigureAwait(false))
                await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static async Task<string> CreateDatabaseAsync(string server)
    {
        var name = $"bench_{DateTime.UtcNow:yyyyMMdd_HHmmss}";
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync().ConfigureAwait(false);
            var command = new NpgsqlCommand($"create database {name}", connection);
            await using (command.ConfigureAwait(false))
                await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }

        Report.Say($"Database {name} was made for this run; drop it when you no longer need it.");
        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    private static async Task<long> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
            return (long)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    }
}
