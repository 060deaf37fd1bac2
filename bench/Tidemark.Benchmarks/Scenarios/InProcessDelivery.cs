using System.Text.Json.Nodes;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Delivery;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>
/// Subscriptions in the process, whose consumers do nothing, catch up with a full log, against a raw ordered read of it; then an append
/// each 20 ms, until the last of the subscriptions has handled it.
/// </summary>
internal sealed class InProcessDelivery(IBenchStore store, DeliverySettings settings)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);
    private readonly DeliveryPolicy _policy = new() { BatchEventsMax = settings.Batch };

    private sealed record Round(double Limit, Usage Usage);

    public async Task RunAsync()
    {
        var rounds = new List<Round>();
        for (var i = 1; i <= settings.Rounds; i++)
        {
            rounds.Add(await RoundAsync(i).ConfigureAwait(false));
            Report.Say($"round {i}: limit {rounds[^1].Limit:N0}/s, delivered {Rate(rounds[^1]):N0}/s");
        }

        var latency = await LatencyAsync(hangs: false).ConfigureAwait(false);
        var beside = settings.Hanging ? await LatencyAsync(hangs: true).ConfigureAwait(false) : null;
        var best = rounds.MinBy(r => r.Usage.Seconds)!;
        var delivered = (long)settings.Subscriptions * settings.Events;
        var report = new Report("delivery")
            .Set("store", settings.Store).Set("transport", DeliveryScenario.InProcess).Set("subscriptions", settings.Subscriptions)
            .Set("batch", settings.Batch).Set("events", settings.Events).Set("rounds", settings.Rounds)
            .Rates(Rate(best), rounds.Max(r => r.Limit))
            .Set("round_ratios", new JsonArray([.. rounds.Select(r => JsonValue.Create(Math.Round(Rate(r) / r.Limit, 3)))]))
            .Cost(best.Usage, delivered, rounds.Max(r => r.Usage.PeakMegabytes))
            .Percentiles(latency);
        if (beside is not null)
            report.Percentiles(beside, "beside_hanging_");
        report.Print();
    }

    private double Rate(Round round) => (double)settings.Subscriptions * settings.Events / round.Usage.Seconds;

    private async Task<Round> RoundAsync(int number)
    {
        var limit = await store.MeasureReadLimitAsync().ConfigureAwait(false);
        var left = settings.Subscriptions;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await store.StartHostAsync(daemon: false, builder =>
        {
            builder.AddOrders();
            for (var i = 0; i < settings.Subscriptions; i++)
            {
                var seen = 0;
                builder.AddSubscription(
                    $"s{i}-r{number}",
                    (_, _) =>
                    {
                        if (++seen == settings.Events && Interlocked.Decrement(ref left) == 0)
                            done.TrySetResult();
                        return ValueTask.CompletedTask;
                    },
                    s => s.Policy(_policy));
            }
        }).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            var meter = UsageMeter.Start(store.CpuSeconds);
            await host.Daemon.StartAsync().ConfigureAwait(false);
            await done.Task.WaitAsync(Timeout).ConfigureAwait(false);
            return new Round(limit, meter.Stop());
        }
    }

    // With --hanging the first subscription is not waited for; in the second measurement its consumer does not return from its first event.
    private async Task<Histogram> LatencyAsync(bool hangs)
    {
        var first = settings.Hanging ? 1 : 0;
        var latency = new HandledLatency(settings.Subscriptions - first);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await store.StartHostAsync(daemon: true, builder =>
        {
            builder.AddOrders();
            for (var i = 0; i < settings.Subscriptions; i++)
            {
                var isCounted = i >= first;
                builder.AddSubscription(
                    $"live{i}{(hangs ? "-beside" : "")}",
                    (e, _) =>
                    {
                        if (isCounted)
                            latency.Handled(e.Position.Value);
                        return isCounted || !hangs ? ValueTask.CompletedTask : new ValueTask(release.Task);
                    },
                    s => s.From(SubscriptionStart.End).Policy(_policy));
            }
        }).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            var measured = await latency.MeasureAsync(host.Store, settings.Seconds).ConfigureAwait(false);
            release.SetResult();
            return measured;
        }
    }
}
