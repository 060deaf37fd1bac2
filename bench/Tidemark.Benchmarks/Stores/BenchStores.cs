using Tidemark.Hosting;

namespace Tidemark.Benchmarks.Stores;

/// <summary>Makes stores to measure.</summary>
internal static class BenchStores
{
    public const string Postgres = "postgres";
    public const string Sqlite = "sqlite";

    /// <summary>Starts or makes an empty store.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="connectionString">A PostgreSQL server to use instead of a throw-away one.</param>
    /// <param name="settings">Settings of a throw-away server beside its defaults.</param>
    public static async Task<IBenchStore> OpenAsync(string kind, string? connectionString, IReadOnlyDictionary<string,
        string>? settings = null) =>
        kind == Sqlite ? new SqliteBenchStore() : await PostgresBenchStore.StartAsync(connectionString, settings).ConfigureAwait(false);

    /// <summary>Starts Tidemark on a store, with the product's defaults; the daemon only when told to.</summary>
    public static Task<TidemarkHost> StartHostAsync(this IBenchStore store, bool daemon, Action<TidemarkBuilder>? more = null) =>
        TidemarkHost.StartAsync(builder =>
        {
            store.Use(builder);
            builder.Configure(options => options.RunDaemon = daemon);
            more?.Invoke(builder);
        });
}
