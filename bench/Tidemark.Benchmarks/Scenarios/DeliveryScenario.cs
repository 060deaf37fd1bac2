using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Hosting;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>
/// Subscriptions in the process, whose consumers do nothing, catch up with a full log, against a raw ordered read of it; then an append
/// each 20 ms, until the last of the subscriptions has handled it.
/// </summary>
internal static class DeliveryScenario
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    private sealed record Settings(string Store, string? Postgres, int Subscriptions, int Events, int Rounds, int Seconds);

    private sealed record Round(double Limit, Usage Usage);

    public static Command MakeCommand()
    {
        var store = CommonOptions.Store();
        var postgres = CommonOptions.Postgres();
        var transport = new Option<string>("--transport")
        {
            Description = "in-process: consumers in the process of the daemon.",
            DefaultValueFactory = _ => "in-process",
        };
        transport.AcceptOnlyFromAmong("in-process");
        var subscriptions = CommonOptions.Number("--subscriptions", 1, "How many subscriptions.");
        var events = CommonOptions.Number("--events", 200_000, "How many events the log holds.");
        var rounds = CommonOptions.Number("--rounds", 2, "How many rounds; the best of each side counts.");
        var seconds = CommonOptions.Number("--seconds", 15, "How long the latency is measured.");
        var command = new Command("delivery", "Subscriptions catch up, and follow.")
        {
            store, postgres, transport, subscriptions, events, rounds, seconds,
        };
        command.SetAction((parsed, _) => RunAsync(new Settings(
            parsed.GetValue(store)!, parsed.GetValue(postgres), parsed.GetValue(subscriptions), parsed.GetValue(events),
            parsed.GetValue(rounds), parsed.GetValue(seconds))));
        return command;
    }

    private static async Task RunAsync(Settings settings)
    {
        var store = await BenchStores.OpenAsync(settings.Store, settings.Postgres).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            await FullLog.LoadAsync(store, settings.Events, EventOrder.Interleaved).ConfigureAwait(false);
            var rounds = new List<Round>();
            for (var i = 1; i <= settings.Rounds; i++)
            {
                rounds.Add(await RoundAsync(store, settings, i).ConfigureAwait(false));
                Report.Say($"round {i}: limit {rounds[^1].Limit:N0}/s, delivered {Rate(settings, rounds[^1]):N0}/s");
            }

            var latency = await LatencyAsync(store, settings).ConfigureAwait(false);
            var best = rounds.MinBy(r => r.Usage.Seconds)!;
            var delivered = (long)settings.Subscriptions * settings.Events;
            new Report("delivery")
                .Set("store", settings.Store).Set("transport", "in-process").Set("subscriptions", settings.Subscriptions)
                .Set("events", settings.Events).Set("rounds", settings.Rounds)
                .Rates(Rate(settings, best), rounds.Max(r => r.Limit))
                .Set("round_ratios", new JsonArray([.. rounds.Select(r => JsonValue.Create(Math.Round(Rate(settings, r) / r.Limit, 3)))]))
                .Cost(best.Usage, delivered, rounds.Max(r => r.Usage.PeakMegabytes))
                .Percentiles(latency)
                .Print();
        }
    }

    private static double Rate(Settings settings, Round round) => (double)settings.Subscriptions * settings.Events / round.Usage.Seconds;

    private static async Task<Round> RoundAsync(IBenchStore store, Settings settings, int number)
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
                builder.AddSubscription($"s{i}-r{number}", (_, _) =>
                {
                    if (++seen == settings.Events && Interlocked.Decrement(ref left) == 0)
                        done.TrySetResult();
                    return ValueTask.CompletedTask;
                });
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

    private static async Task<Histogram> LatencyAsync(IBenchStore store, Settings settings)
    {
        var waiting = new ConcurrentDictionary<long, Pending>();
        var host = await store.StartHostAsync(daemon: true, builder =>
        {
            builder.AddOrders();
            for (var i = 0; i < settings.Subscriptions; i++)
            {
                builder.AddSubscription(
                    $"live{i}",
                    (e, _) =>
                    {
                        waiting.GetOrAdd(e.Position.Value, _ => new Pending(settings.Subscriptions)).Handled();
                        return ValueTask.CompletedTask;
                    },
                    s => s.From(SubscriptionStart.End));
            }
        }).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            await PacedAsync(host, waiting, settings, WarmUp).ConfigureAwait(false);
            return await PacedAsync(host, waiting, settings, TimeSpan.FromSeconds(settings.Seconds)).ConfigureAwait(false);
        }
    }

    // From the answer of the append to the end of the last handler.
    private static async Task<Histogram> PacedAsync(
        TidemarkHost host, ConcurrentDictionary<long, Pending> waiting, Settings settings, TimeSpan duration)
    {
        var histogram = new Histogram();
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Pace);
        for (var i = 0; Stopwatch.GetElapsedTime(started) < duration; i++)
        {
            await timer.WaitForNextTickAsync().ConfigureAwait(false);
            var result = await host.Store.AppendAsync($"live-{i % 100}", ExpectedVersion.Any, [Orders.Event(1, i % Orders.Streams)])
                .ConfigureAwait(false);
            var answered = Stopwatch.GetTimestamp();
            var pending = waiting.GetOrAdd(result.Last.Value, _ => new Pending(settings.Subscriptions));
            var handled = await pending.Done.WaitAsync(Timeout).ConfigureAwait(false);
            histogram.Add(handled > answered ? Stopwatch.GetElapsedTime(answered, handled) : TimeSpan.Zero);
            waiting.TryRemove(result.Last.Value, out _);
        }

        return histogram;
    }

    private sealed class Pending(int left)
    {
        private readonly TaskCompletionSource<long> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = left;

        /// <summary>When the last one handled it.</summary>
        public Task<long> Done => _done.Task;

        public void Handled()
        {
            if (Interlocked.Decrement(ref _left) == 0)
                _done.TrySetResult(Stopwatch.GetTimestamp());
        }
    }
}
