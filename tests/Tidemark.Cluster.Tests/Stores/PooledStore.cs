using Npgsql;
using Tidemark.TestKit.PgBouncer;
using Tidemark.TestKit.Postgres;
using Tidemark.TestNode;

namespace Tidemark.Cluster.Tests.Stores;

/// <summary>A database on the shared PostgreSQL server, reached through pgbouncer in transaction mode.</summary>
public sealed class PooledStore : PostgreSqlStore, IClusterStoreKind
{
    private readonly PgBouncerProxy _pooler;

    private PooledStore(PostgresCluster cluster, PgBouncerProxy pooler, string direct)
        : base(cluster, direct) => _pooler = pooler;

    public static new string? Missing => Requirements.PgBouncerMissing();

    public override StoreChoice Choice => new("pooled", _pooler.Through(ConnectionString));

    public static new async Task<ClusterStore> CreateAsync()
    {
        PostgresCluster cluster = await PostgresCluster.SharedAsync();
        PgBouncerProxy pooler = await PgBouncerProxy.StartAsync(cluster, new PgBouncerOptions { PoolSize = 40 });
        return new PooledStore(cluster, pooler, await cluster.CreateDatabaseAsync("pooled"));
    }

    public override async Task MakeDatabasesAsync(IReadOnlyList<string> tenants)
    {
        string main = new NpgsqlConnectionStringBuilder(ConnectionString).Database!;
        foreach (string tenant in tenants)
            await ExecuteAsync($"create database \"{main}_{tenant}\"");
    }

    public override async ValueTask DisposeAsync()
    {
        await _pooler.DisposeAsync();
        await base.DisposeAsync();
    }
}
