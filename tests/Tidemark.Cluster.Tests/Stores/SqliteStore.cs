using System.Data.Common;
using Microsoft.Data.Sqlite;
using Tidemark.TestNode;

namespace Tidemark.Cluster.Tests.Stores;

/// <summary>An SQLite file of its own.</summary>
public sealed class SqliteStore : ClusterStore, IClusterStoreKind
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tidemark-cluster-").FullName;

    public static string? Missing => null;

    public override StoreChoice Choice => new("sqlite", Path.Combine(_folder, "events.db"));

    public override string Events => "tidemark_events";

    public override string Checkpoints => "tidemark_checkpoints";

    public override string EventIdText => "lower(hex(event_id))";

    public static Task<ClusterStore> CreateAsync() => Task.FromResult<ClusterStore>(new SqliteStore());

    public override async Task<DbConnection> ConnectAsync()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Choice.Target, Pooling = false }.ToString());
        await connection.OpenAsync();
        return connection;
    }

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return default;
    }
}
