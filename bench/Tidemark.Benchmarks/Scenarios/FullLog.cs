using System.Diagnostics;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>Prepares a log to catch up with.</summary>
internal static class FullLog
{
    /// <summary>Loads the events, and leaves the store at rest.</summary>
    public static async Task LoadAsync(IBenchStore store, int events, EventOrder order)
    {
        var started = Stopwatch.GetTimestamp();
        var host = await store.StartHostAsync(daemon: false, builder => builder.AddOrders()).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
            await LogLoader.LoadAsync(host, events, order).ConfigureAwait(false);
        await store.SettleAsync().ConfigureAwait(false);
        Report.Say($"{events:N0} events of {Orders.MeanBytes():F0} bytes loaded in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
    }
}
