using System.Data.Common;
using Microsoft.Data.Sqlite;
using Tidemark.Projections;
using Tidemark.Sqlite;

namespace Tidemark.Storage.Tests.Stores;

/// <summary>SQLite: a file of its own for each test.</summary>
public sealed class SqliteStore : TestStore, ISqlTestStoreKind
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidemark-sqlite-");
    private readonly SqliteStorage _storage;

    private SqliteStore() => _storage = Open();

    public override IEventDatabaseStorage Storage => _storage;

    public override bool WritersRunSideBySide => false;

    /// <summary>The database file.</summary>
    public string File => Path.Combine(_folder.FullName, "store.db");

    public static async Task<TestStore> CreateAsync(CancellationToken cancellationToken)
    {
        var store = new SqliteStore();
        await store.Storage.Schema.ApplyAsync(cancellationToken);
        return store;
    }

    public static Task<TestStore> CreateEmptyAsync(CancellationToken cancellationToken) => Task.FromResult<TestStore>(new SqliteStore());

    public static SchemaTampering Tampering(TestStore store) => new(
        "update tidemark_migrations set checksum = 'changed' where number = 1",
        "insert into tidemark_migrations (number, name, checksum, applied_at) values (9999, '9999_later', 'later', '2031-01-01T00:00:00Z')",
        "update sqlite_sequence set seq = 1 where name = 'tidemark_events'");

    public override IEventDatabaseStorage OpenAgain() => Open();

    public override async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = File, Pooling = false }.ConnectionString);
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

    public override async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private SqliteStorage Open() => new(new SqliteOptions { Path = File }, NewContext());
}
