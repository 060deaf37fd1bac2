using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tidemark.AspNetCore;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Client;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Protocol;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>
/// Consumers on WebSocket connections, through Kestrel and loopback sockets, that do nothing but answer: they catch up with a full log,
/// against a bare transfer of the same bytes; they follow an append each 20 ms; and ones with tokens of their own are asked for them again
/// and again. Server and consumers are one process.
/// </summary>
internal sealed class RemoteDelivery(IBenchStore store, DeliverySettings settings)
{
    private const string Path = "/tidemark/delivery";
    private const int Connects = 100;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan SyncInterval = TimeSpan.FromMilliseconds(10);

    private sealed record Round(double Limit, double ReadLimit, Usage Usage);

    public async Task RunAsync()
    {
        var bare = new BareTransfer(settings.Batch);
        var rounds = new List<Round>();
        for (var i = 1; i <= settings.Rounds; i++)
        {
            rounds.Add(await RoundAsync(bare, i).ConfigureAwait(false));
            Report.Say($"round {i}: bare {rounds[^1].Limit:N0}/s, read {rounds[^1].ReadLimit:N0}/s, delivered {Rate(rounds[^1]):N0}/s");
        }

        var latency = await LatencyAsync().ConfigureAwait(false);
        var (handshakes, connects) = await HandshakesAsync().ConfigureAwait(false);
        var best = rounds.MinBy(r => r.Usage.Seconds)!;
        var readLimit = rounds.Max(r => r.ReadLimit);
        new Report("delivery")
            .Set("store", settings.Store).Set("transport", DeliveryScenario.WebSocket).Set("consumers", settings.Consumers)
            .Set("batch", settings.Batch).Set("events", settings.Events).Set("rounds", settings.Rounds)
            .Rates(Rate(best), rounds.Max(r => r.Limit))
            .Set("round_ratios", new JsonArray([.. rounds.Select(r => JsonValue.Create(Math.Round(Rate(r) / r.Limit, 3)))]))
            .Set("read_limit_per_second", Math.Round(readLimit)).Set("ratio_to_read", Rate(best) / readLimit)
            .Set("wire_bytes_per_event", Math.Round(bare.BytesPerEvent))
            .Cost(best.Usage, settings.Events, rounds.Max(r => r.Usage.PeakMegabytes))
            .Percentiles(latency)
            .Set("handshakes", handshakes.Count)
            .Percentiles(handshakes.Durations, "handshake_")
            .Percentiles(connects, "connect_to_first_event_")
            .Print();
    }

    private double Rate(Round round) => settings.Events / round.Usage.Seconds;

    private async Task<Round> RoundAsync(BareTransfer bare, int number)
    {
        var limit = await bare.MeasureAsync(settings.Events, settings.Consumers).ConfigureAwait(false);
        var readLimit = await store.MeasureReadLimitAsync().ConfigureAwait(false);
        var left = settings.Events;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var app = await StartAsync().ConfigureAwait(false);
        await using (app.ConfigureAwait(false))
        {
            var name = $"orders-r{number}";
            await SubscribeAsync(app, name, SubscriptionStart.Beginning).ConfigureAwait(false);
            var meter = UsageMeter.Start(store.CpuSeconds);
            var consumers = Consume(app, name, delivery =>
            {
                if (Interlocked.Add(ref left, -delivery.Events.Count) == 0)
                    done.TrySetResult();
            });
            await done.Task.WaitAsync(Timeout).ConfigureAwait(false);
            var usage = meter.Stop();
            await EndAsync(consumers).ConfigureAwait(false);
            return new Round(limit, readLimit, usage);
        }
    }

    private async Task<Histogram> LatencyAsync()
    {
        var latency = new HandledLatency(1);
        var app = await StartAsync().ConfigureAwait(false);
        await using (app.ConfigureAwait(false))
        {
            await SubscribeAsync(app, "live", SubscriptionStart.End).ConfigureAwait(false);
            var consumers = Consume(app, "live", delivery =>
            {
                for (var i = 0; i < delivery.Events.Count; i++)
                    latency.Handled(delivery.Events[i].Position);
            });
            var measured = await latency.MeasureAsync(app.App.Services.GetRequiredService<EventStore>(), settings.Seconds)
                .ConfigureAwait(false);
            await EndAsync(consumers).ConfigureAwait(false);
            return measured;
        }
    }

    // Handshakes with consumers that keep their tokens: the state sync of idle partitions. Then one connects again and again, with an event
    // that waits for it.
    private async Task<(HandshakeMeter Handshakes, Histogram Connects)> HandshakesAsync()
    {
        const string name = "own";
        var app = await StartAsync(options => options.Shards.TokenSyncInterval = SyncInterval).ConfigureAwait(false);
        await using (app.ConfigureAwait(false))
        {
            await SubscribeAsync(app, name, SubscriptionStart.End, ownTokens: true).ConfigureAwait(false);
            var events = app.App.Services.GetRequiredService<EventStore>();
            var tokens = new LastTokens();
            using var came = new SemaphoreSlim(0);
            async Task AppendAsync(int number) =>
                await events.AppendAsync($"own-{number}", ExpectedVersion.Any, [Orders.Event(1, number)]).ConfigureAwait(false);
            void Take(ConsumerDelivery delivery)
            {
                tokens.Set(delivery);
                came.Release(delivery.Events.Count);
            }

            var consumers = Consume(app, name, Take, tokens);
            for (var i = 0; i < Connects; i++)
                await AppendAsync(i).ConfigureAwait(false);
            for (var i = 0; i < Connects; i++)
                await came.WaitAsync(Timeout).ConfigureAwait(false);
            await Task.Delay(HandledLatency.WarmUp).ConfigureAwait(false);
            var handshakes = new HandshakeMeter();
            using (handshakes)
                await Task.Delay(TimeSpan.FromSeconds(settings.Seconds)).ConfigureAwait(false);
            await EndAsync(consumers).ConfigureAwait(false);
            var connects = new Histogram();
            for (var i = 0; i < Connects; i++)
            {
                await AppendAsync(i).ConfigureAwait(false);
                var started = Stopwatch.GetTimestamp();
                var one = Consume(app, name, Take, tokens, 1);
                await came.WaitAsync(Timeout).ConfigureAwait(false);
                connects.Add(Stopwatch.GetElapsedTime(started));
                await EndAsync(one).ConfigureAwait(false);
            }

            return (handshakes, connects);
        }
    }

    private Task<LoopbackApp> StartAsync(Action<TidemarkOptions>? configure = null) => LoopbackApp.StartAsync(
        services =>
        {
            services.AddTidemark(builder =>
            {
                store.Use(builder.AddOrders());
                builder.Configure(options => configure?.Invoke(options));
            });
            services.AddTidemarkDelivery(options => options.AllowAnonymous = true);
        },
        app => app.MapTidemarkDelivery(Path));

    private async Task SubscribeAsync(LoopbackApp app, string name, SubscriptionStart start, bool ownTokens = false)
    {
        await app.App.Services.GetRequiredService<SubscriptionDirectory>().CreateAsync(new SubscriptionDefinition
        {
            Name = name,
            Kind = SubscriptionKind.Remote,
            Start = start,
            Partitions = settings.Consumers,
            KeepsOwnToken = ownTokens,
            Policy = new DeliveryPolicy { BatchEventsMax = settings.Batch },
        }).ConfigureAwait(false);
    }

    private TidemarkConsumer[] Consume(
        LoopbackApp app, string name, Action<ConsumerDelivery> take, ITokenStore? tokens = null, int? count = null)
    {
        var url = app.WebSocketUrl(Path);
        return
        [
            .. Enumerable.Range(1, count ?? settings.Consumers).Select(number => TidemarkConsumer.Start(
                new ConsumerOptions
                {
                    Url = url,
                    Subscription = name,
                    Member = $"member-{number}",
                    CreditEvents = Math.Max(1_000, settings.Batch),
                },
                (delivery, _) =>
                {
                    take(delivery);
                    return ValueTask.FromResult(ConsumerOutcome.Done);
                },
                tokens)),
        ];
    }

    private static async Task EndAsync(TidemarkConsumer[] consumers)
    {
        foreach (var consumer in consumers)
            await consumer.DisposeAsync().ConfigureAwait(false);
    }

    private sealed class LastTokens : ITokenStore
    {
        private readonly ConcurrentDictionary<string, WireToken> _tokens = new();

        public void Set(ConsumerDelivery delivery) => _tokens[delivery.Partition.Partition] = delivery.Token;

        public ValueTask<WireToken?> ReadAsync(ConsumerPartition partition, CancellationToken cancellationToken) =>
            ValueTask.FromResult<WireToken?>(_tokens.TryGetValue(partition.Partition, out var token) ? token : null);
    }
}
