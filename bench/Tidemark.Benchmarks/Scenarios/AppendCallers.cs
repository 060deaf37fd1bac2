using System.Diagnostics;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Workload;
using Tidemark.Events;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>
/// Callers that append, one call after the other, each to its own share of the streams, and expect the version they know.
/// </summary>
internal sealed class AppendCallers(EventStore store, int callers, int batch)
{
    // Each stream was made with one event.
    private readonly long[] _versions = [.. Enumerable.Repeat(1L, Orders.Streams)];

    /// <summary>Appends for a while.</summary>
    /// <returns>The events appended, and how long the calls took.</returns>
    public async Task<(long Events, Histogram Latency)> RunAsync(TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        var results = await Task.WhenAll(
            Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallAsync(caller, started, duration)))).ConfigureAwait(false);
        var latency = new Histogram();
        foreach (var (_, one) in results)
            latency.Add(one);
        return (results.Sum(r => r.Events), latency);
    }

    private async Task<(long Events, Histogram Latency)> CallAsync(int caller, long started, TimeSpan duration)
    {
        var latency = new Histogram();
        var events = new object[batch];
        long appended = 0;
        for (var stream = caller; Stopwatch.GetElapsedTime(started) < duration; stream = stream + callers < Orders.Streams
            ? stream + callers : caller)
        {
            var version = _versions[stream];
            for (var i = 0; i < batch; i++)
                events[i] = Orders.Event(version + i + 1, stream);
            var called = Stopwatch.GetTimestamp();
            var result = await store.AppendAsync(Orders.Stream(stream), ExpectedVersion.Exactly(version), events).ConfigureAwait(false);
            latency.Add(Stopwatch.GetElapsedTime(called));
            _versions[stream] = result.Version.Value;
            appended += batch;
        }

        return (appended, latency);
    }
}
