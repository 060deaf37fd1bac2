using System.Diagnostics;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>
/// Two aggregates over the same log: one is live, with an append each 20 ms; its latency alone, and while the other is built anew on the
/// same node. The rebuild reads every event, the appended ones too.
/// </summary>
internal static class RebuildBesideLive
{
    private const string Name = "beside";
    private static readonly TimeSpan Alone = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan BesideMax = TimeSpan.FromSeconds(100);

    /// <summary>Runs on a store with a full log.</summary>
    public static async Task RunAsync(IBenchStore store, int events, double shareMin)
    {
        var host = await store.StartHostAsync(daemon: true, builder =>
        {
            CatchUp.Register(builder.AddOrders(), ProjectionKind.Aggregate, 2, Name);
            builder.Configure(options => options.Shards.RebuildShareMin = shareMin);
        }).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            await host.Daemon.WaitForCaughtUpAsync(TimeSpan.FromMinutes(10)).ConfigureAwait(false);
            var version = events / Orders.Streams;
            var alone = await AppliedLatency.WarmAsync(host, CatchUp.Name(Name, 0), AppliedLatency.WarmUp, version).ConfigureAwait(false);
            await alone.RunAsync(Alone).ConfigureAwait(false);
            Report.Say($"alone: p99 {alone.Applied.Percentile(0.99):F1} ms of {alone.Appends} appends");

            var beside = alone.GoOn();
            var started = Stopwatch.GetTimestamp();
            var rebuild = host.Daemon.RebuildAsync(CatchUp.Name(Name, 1));
            await beside.RunAsync(BesideMax, rebuild).ConfigureAwait(false);
            var isDone = rebuild.IsCompletedSuccessfully;
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var shares = host.Daemon.Status().Shards.Select(s => s.RebuildShare).FirstOrDefault(s => s is not null);
            var built = host.Daemon.Status().Shards.Where(s => s.RebuildShare is not null).Select(s => s.EventsProcessed).Sum();
            new Report("rebuild --beside-live")
                .Set("store", store.Kind).Set("events", events).Set("share_min", shareMin)
                .Set("rebuild_done", System.Text.Json.Nodes.JsonValue.Create(isDone)).Set("rebuild_seconds", seconds)
                .Set("rebuild_events_per_second", (isDone ? events : built) / seconds).Set("share_at_the_end", shares)
                .Set("appends_beside", beside.Appends)
                .Percentiles(alone.Applied, "alone_").Percentiles(beside.Applied, "beside_")
                .Set("p99_ratio", beside.Applied.Percentile(0.99) / alone.Applied.Percentile(0.99))
                .Set("alone_append_p99_ms", alone.Acknowledged.Percentile(0.99))
                .Set("beside_append_p99_ms", beside.Acknowledged.Percentile(0.99))
                .Print();
        }
    }
}
