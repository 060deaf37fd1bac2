using Tidemark.TestKit;
using Tidemark.TestKit.PgBouncer;

namespace Tidemark.Storage.Tests.Stores;

/// <summary>
/// PostgreSQL through pgbouncer in transaction mode: each transaction may run in another session. Hints are listened to past the pooler.
/// </summary>
public sealed class PooledStore : PostgreSqlStore, ITestStoreKind
{
    private static readonly Lazy<Task<PgBouncerProxy>> Pooler = new(StartAsync);

    private PooledStore(string connectionString, string pooled)
        : base(connectionString, pooled)
    {
    }

    public static new async Task<TestStore> CreateAsync(CancellationToken cancellationToken)
    {
        if (Requirements.PgBouncerMissing() is { } missing)
            Assert.Skip(missing);
        var direct = (await ServerAsync()).ConnectionString;
        var store = new PooledStore(direct, (await Pooler.Value).Through(direct));
        await store.Storage.Schema.ApplyAsync(cancellationToken);
        return store;
    }

    private static async Task<PgBouncerProxy> StartAsync()
    {
        var pooler = await PgBouncerProxy.StartAsync((await ServerAsync()).Cluster);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => pooler.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(10));
        return pooler;
    }
}
