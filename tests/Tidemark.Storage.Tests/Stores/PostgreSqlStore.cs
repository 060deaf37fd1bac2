using System.Data.Common;
using Npgsql;
using Tidemark.PostgreSql;
using Tidemark.Projections;
using Tidemark.TestKit;
using Tidemark.TestKit.Postgres;

namespace Tidemark.Storage.Tests.Stores;

/// <summary>PostgreSQL: one server and one database for the test process, a schema of its own for each test.</summary>
public class PostgreSqlStore : TestStore, ISqlTestStoreKind
{
    private static readonly Lazy<Task<(PostgresCluster Cluster, string ConnectionString)>> Server = new(StartAsync);
    private static int schemas;

    private readonly string _connectionString;
    private readonly string? _pooled;
    private readonly PostgreSqlStorage _storage;

    /// <summary>Makes the test's store.</summary>
    /// <param name="connectionString">The database.</param>
    /// <param name="pooled">The same database through a pooler in transaction mode; null for none.</param>
    protected PostgreSqlStore(string connectionString, string? pooled = null)
    {
        _connectionString = connectionString;
        _pooled = pooled;
        Schema = $"store_{Interlocked.Increment(ref schemas)}";
        _storage = Open();
    }

    public override IEventDatabaseStorage Storage => _storage;

    public override bool WritersRunSideBySide => true;

    /// <summary>The test's schema.</summary>
    public string Schema { get; }

    public static async Task<TestStore> CreateAsync(CancellationToken cancellationToken)
    {
        var store = await CreateEmptyAsync(cancellationToken);
        await store.Storage.Schema.ApplyAsync(cancellationToken);
        return store;
    }

    public static async Task<TestStore> CreateEmptyAsync(CancellationToken cancellationToken)
    {
        if (Requirements.PostgreSqlMissing() is { } missing)
            Assert.Skip(missing);
        return new PostgreSqlStore((await ServerAsync()).ConnectionString);
    }

    public static SchemaTampering Tampering(TestStore store)
    {
        var schema = ((PostgreSqlStore)store).Schema;
        return new(
            $"update {schema}.migrations set checksum = 'changed' where number = 1",
            $"insert into {schema}.migrations (number, name, checksum) values (9999, '9999_later', 'later')",
            $"select setval('{schema}.positions', 2)");
    }

    public override IEventDatabaseStorage OpenAgain() => Open();

    public override async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken) =>
        await ConnectAsync("test", cancellationToken);

    /// <summary>A connection of the application's own, under a name; unqualified names are those of the test's schema.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(string application, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(
                _connectionString)
            { Pooling = false, SearchPath = Schema, ApplicationName = application }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    public override async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, object?>>> ReadRowsAsync(
        FlatTableSchema schema, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        return FlatRows.Of(
            schema, await connection.RowsAsync($"select * from {Storage.ReadModels.ViewName(schema.Name)}", cancellationToken));
    }

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _storage.DisposeAsync();
    }

    /// <summary>The server of this test process, and the database that its stores share.</summary>
    public static Task<(PostgresCluster Cluster, string ConnectionString)> ServerAsync() => Server.Value;

    private static async Task<(PostgresCluster Cluster, string ConnectionString)> StartAsync()
    {
        // Prepared transactions are off by default; some tests hold one open.
        var cluster = await PostgresCluster.StartNewAsync(
            new() { Settings = new Dictionary<string, string> { ["max_prepared_transactions"] = "20" } });
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(10));
        return (cluster, await cluster.CreateDatabaseAsync("storage"));
    }

    private PostgreSqlStorage Open() => new(
        new PostgreSqlOptions
        {
            ConnectionString = _pooled ?? _connectionString,
            TransactionPooler = _pooled is not null,
            ListenConnectionString = _pooled is null ? null : _connectionString,
            Schema = Schema,
        },
        NewContext());
}
