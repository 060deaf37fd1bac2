using System.Data.Common;
using Npgsql;
using Tidemark.TestKit.Postgres;
using Tidemark.TestNode;

namespace Tidemark.Cluster.Tests.Stores;

/// <summary>A database of its own on the shared PostgreSQL server.</summary>
public class PostgreSqlStore : ClusterStore, IClusterStoreKind
{
    private readonly PostgresCluster _cluster;

    protected PostgreSqlStore(PostgresCluster cluster, string connectionString)
    {
        _cluster = cluster;
        ConnectionString = connectionString;
    }

    public static string? Missing => Requirements.PostgreSqlMissing();

    /// <summary>Straight to the server.</summary>
    public string ConnectionString { get; }

    public override StoreChoice Choice => new("postgres", ConnectionString);

    public override string Events => "tidemark.events";

    public override string Checkpoints => "tidemark.checkpoints";

    public override string EventIdText => "replace(event_id::text, '-', '')";

    public static async Task<ClusterStore> CreateAsync() => await CreateAsync(await PostgresCluster.SharedAsync());

    /// <summary>A database on a server of the test's own.</summary>
    public static async Task<PostgreSqlStore> CreateAsync(PostgresCluster cluster) =>
        new(cluster, await cluster.CreateDatabaseAsync("cluster"));

    public override async Task<DbConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(Named("test-admin", pooling: false));
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>The connection string that nodes use, with an application name.</summary>
    public string NodeString(string application) =>
        new NpgsqlConnectionStringBuilder(Choice.Target) { ApplicationName = application }.ConnectionString;

    /// <summary>Ends a random session of those with one of the names; returns whether there was one.</summary>
    public async Task<bool> TerminateOneAsync(params string[] applications)
    {
        string names = string.Join(", ", applications.Select(a => $"'{a}'"));
        var rows = await QueryAsync(
            "select pg_terminate_backend(pid) from pg_stat_activity " +
            $"where datname = current_database() and application_name in ({names}) order by random() limit 1");
        return rows.Count > 0;
    }

    public override async Task<bool> IsInTransactionAsync(int processId)
    {
        // What it sent before it froze still runs: then its sessions are idle, in a transaction or not.
        string states = "select coalesce(bool_or(state = 'active'), false), coalesce(bool_or(state like 'idle in transaction%'), false) " +
            "from pg_stat_activity " +
            $"where datname = current_database() and application_name = '{StoreChoice.ApplicationOf(processId)}'";
        bool inside = false;
        await Eventually.TrueAsync(
            async () =>
            {
                var row = (await QueryAsync(states))[0];
                inside = (bool)row[1];
                return inside || !(bool)row[0];
            },
            () => $"the statements that process {processId} sent before it froze end");
        return inside;
    }

    public override async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await _cluster.DropDatabaseAsync(new NpgsqlConnectionStringBuilder(ConnectionString).Database!);
        GC.SuppressFinalize(this);
    }

    private string Named(string application, bool pooling) =>
        new NpgsqlConnectionStringBuilder(ConnectionString) { ApplicationName = application, Pooling = pooling }.ConnectionString;
}
