using BenchmarkDotNet.Attributes;
using Tidemark.Benchmarks.Workload;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Pulling;
using Tidemark.Testing;

namespace Tidemark.Benchmarks.Micro;

/// <summary>Cursors over cached pages, per event: what each further projection of a node costs before its handlers.</summary>
public class CursorBenchmarks
{
    private const int Events = 100_000;

    private TidemarkHost _host = null!;

    /// <summary>Loads a store in memory, and reads it once so that its pages are cached.</summary>
    [GlobalSetup]
    public async Task Prepare()
    {
        _host = await TidemarkHost.StartAsync(builder => builder
            .AddOrders()
            .UseInMemory()
            .Configure(options => options.Pulling.CacheBytesMax = 1L << 30));
        await LogLoader.LoadAsync(_host, Events, EventOrder.Interleaved);
        _host.Database.Pulling.Interests.Add(null);
        await _host.Database.HighWater.RefreshAsync(CancellationToken.None);
        await Walk();
    }

    /// <summary>Closes the store.</summary>
    [GlobalCleanup]
    public async Task CleanUp() => await _host.DisposeAsync();

    /// <summary>One cursor from the beginning to the mark.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public async Task<long> Walk()
    {
        var cursor = new EventCursor(_host.Database.Pulling, Position.Beginning);
        long versions = 0;
        while (cursor.HasMore)
        {
            var slice = await cursor.PeekAsync(int.MaxValue, Position.Max, CancellationToken.None);
            foreach (var e in slice.Events)
                versions += e.Version.Value;
            cursor.Advance(slice);
        }

        return versions;
    }
}
