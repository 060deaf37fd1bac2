using Tidemark.Hosting;
using Tidemark.Sqlite;

namespace Tidemark.Benchmarks.Stores;

/// <summary>A file in a folder of its own, gone after the run. The limit of appends has a second file with the same tables.</summary>
internal sealed class SqliteBenchStore : IBenchStore
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tidemark-bench-").FullName;

    public string Kind => BenchStores.Sqlite;

    private string File => Path.Combine(_folder, "events.db");

    private string LimitFile => Path.Combine(_folder, "limit.db");

    public void Use(TidemarkBuilder builder) => builder.UseSqlite(File);

    public double? CpuSeconds() => 0;

    public Task<long?> EventRowsFetchedAsync() => Task.FromResult<long?>(null);

    public Task SettleAsync() => Task.CompletedTask;

    public async Task<double> MeasureAppendLimitAsync(AppendLimit limit, TimeSpan duration)
    {
        if (!System.IO.File.Exists(LimitFile))
        {
            // Opening a store makes the tables.
            var host = await TidemarkHost.StartAsync(builder => builder.UseSqlite(LimitFile)).ConfigureAwait(false);
            await host.DisposeAsync().ConfigureAwait(false);
        }

        return await Task.Run(() => SqliteLimits.Append(LimitFile, limit.Rows, duration)).ConfigureAwait(false);
    }

    public Task<double> MeasureReadLimitAsync() => Task.Run(() => SqliteLimits.Read(File));

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
