using System.Collections.Concurrent;
using Npgsql;
using Tidemark.TestKit.Processes;

namespace Tidemark.TestKit.Postgres;

/// <summary>
/// A PostgreSQL server for tests: a throw-away cluster of its own, or the server that <see cref="ServerVariable"/> names. Nothing is
/// left behind: not after disposal, and not after the test process was killed.
/// </summary>
/// <remarks>Databases may be created from several threads; start, stop and restart are for one caller at a time.</remarks>
public sealed class PostgresCluster : IAsyncDisposable
{
    /// <summary>A connection string to a server on which databases may be created; then no cluster is started.</summary>
    public const string ServerVariable = "TIDEMARK_TEST_POSTGRES";

    /// <summary>The superuser of a cluster that was started here.</summary>
    public const string User = "postgres";

    private static readonly Lazy<Task<PostgresCluster>> Shared = new(StartSharedAsync);

    private readonly ConcurrentDictionary<string, bool> _databases = new();
    private readonly PostgresServer? _server;
    private readonly string? _external;

    private PostgresCluster(PostgresServer server) => _server = server;

    private PostgresCluster(string external) => _external = external;

    /// <summary>False for a server that was not started here: it cannot be stopped and started, and has settings of its own.</summary>
    public bool CanRestart => _server is not null;

    /// <summary>The server's port on 127.0.0.1. Only for a cluster that was started here.</summary>
    public int Port => Own.Port;

    /// <summary>The data folder. Only for a cluster that was started here.</summary>
    public string DataFolder => Own.DataFolder;

    /// <summary>The last lines of the server's log; empty for a server that was not started here.</summary>
    public string Log => _server?.Log ?? "";

    private PostgresServer Own => _server
        ?? throw new TestKitException($"The server named by {ServerVariable} is not ours to stop or look into. Ask CanRestart first.");

    /// <summary>
    /// The cluster that this test process shares: started by the first caller, ended with the process. Tests that restart or configure
    /// a server start one of their own.
    /// </summary>
    public static Task<PostgresCluster> SharedAsync() => Shared.Value;

    /// <summary>Starts a new cluster, or uses the server that <see cref="ServerVariable"/> names.</summary>
    /// <exception cref="TestKitException">No server programs, or the server did not start; the message says what to do.</exception>
    public static async Task<PostgresCluster> StartNewAsync(
        PostgresClusterOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        string? external = Environment.GetEnvironmentVariable(ServerVariable);
        if (!string.IsNullOrWhiteSpace(external))
            return new PostgresCluster(external);

        var cluster = new PostgresCluster(await PostgresServer.CreateAsync(options ?? new PostgresClusterOptions()));
        try
        {
            await cluster.StartAsync(cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the stopped server on its old port and data. Returns when it answers queries.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default) => Own.StartAsync(cancellationToken);

    /// <summary>Stops the server. Returns when its process is gone.</summary>
    public Task StopAsync(PostgresStop mode = PostgresStop.Fast) => Own.StopAsync(mode);

    /// <summary>Stops and starts the server.</summary>
    public async Task RestartAsync(PostgresStop mode = PostgresStop.Fast, CancellationToken cancellationToken = default)
    {
        await StopAsync(mode);
        await StartAsync(cancellationToken);
    }

    /// <summary>A connection string for one database of this server, as superuser.</summary>
    public string ConnectionString(string database = "postgres") => _server is not null
        ? LocalConnectionString(_server.Port, database, pooling: true)
        : new NpgsqlConnectionStringBuilder(_external) { Database = database }.ConnectionString;

    /// <summary>Creates an empty database with a name of its own and returns the connection string for it.</summary>
    public async Task<string> CreateDatabaseAsync(string prefix = "test", CancellationToken cancellationToken = default)
    {
        string name = $"{prefix}_{Guid.NewGuid():N}"[..Math.Min(prefix.Length + 13, 60)];
        // template0 admits no sessions, so that databases can be made from it at the same time.
        await ExecuteAsync($"create database \"{name}\" template template0", cancellationToken);
        _databases[name] = true;
        return ConnectionString(name);
    }

    /// <summary>Drops a database with all sessions in it.</summary>
    public async Task DropDatabaseAsync(string database, CancellationToken cancellationToken = default)
    {
        await ExecuteAsync($"drop database if exists \"{database}\" with (force)", cancellationToken);
        _databases.TryRemove(database, out _);
    }

    /// <summary>Ends an own server and removes its files; drops the databases made on a foreign one.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
            return;
        }

        foreach (string database in _databases.Keys)
            await DropDatabaseAsync(database);
    }

    internal static string LocalConnectionString(int port, string database, bool pooling) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Username = User,
        Database = database,
        Pooling = pooling,
        Timeout = 15,
        IncludeErrorDetail = true,
    }.ConnectionString;

    private static async Task<PostgresCluster> StartSharedAsync()
    {
        PostgresCluster cluster = await StartNewAsync();
        // Without a guard a foreign server would keep the databases; an own one ends a little sooner.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(10));
        return cluster;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        string maintenance = new NpgsqlConnectionStringBuilder(_external ?? ConnectionString()) { Pooling = false }.ConnectionString;
        await using var connection = new NpgsqlConnection(maintenance);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
