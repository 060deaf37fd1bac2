using System.Globalization;
using Tidemark.Client;
using Tidemark.Protocol;
using Tidemark.Testing;

namespace Tidemark.AspNetCore.Tests;

/// <summary>Consumers that keep their token with their effects, on connections that break.</summary>
public sealed class OwnTokenTests
{
    private const int Rounds = 60;
    private const int EventsOfRound = 5;

    [Fact]
    public async Task Each_event_takes_effect_once_though_connections_are_cut_at_random()
    {
        var given = Environment.GetEnvironmentVariable("TIDEMARK_SEED");
        var seed = string.IsNullOrEmpty(given) ? Random.Shared.Next() : int.Parse(given, CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper?.WriteLine($"TIDEMARK_SEED={seed}");
        var random = new Random(seed);
        var ledger = new Ledger();
        await using var server = await DeliveryServer.StartAsync(new InMemoryDatabases());
        await server.SubscribeAsync(partitions: 3, ownTokens: true, batch: 4);

        // A newer connection of the member ends the one before it, whatever that is at; a consumer that is told to stop answers no more.
        TidemarkConsumer? former = null;
        for (var round = 0; round < Rounds; round++)
        {
            var consumer = TidemarkConsumer.Start(
                Received.OptionsOf(server.Url, "ledger"), (delivery, _) => ledger.HandleAsync(delivery), ledger);
            await server.AppendAsync(round * EventsOfRound, EventsOfRound, streams: 12);
            var enough = ledger.Handled + random.Next(3);
            await Eventually.TrueAsync(() => ledger.Handled >= enough || AllDone(ledger, round), "it gets on");
            if (former is not null)
                await former.DisposeAsync();
            former = consumer;
            if (random.Next(2) == 0)
                continue;
            await consumer.DisposeAsync();
            former = null;
        }

        if (former is not null)
            await former.DisposeAsync();

        await using var last = TidemarkConsumer.Start(
            Received.OptionsOf(server.Url, "ledger"), (delivery, _) => ledger.HandleAsync(delivery), ledger);
        await Eventually.TrueAsync(
            () => ledger.Effects.Count >= Rounds * EventsOfRound, () => $"{ledger.Effects.Count} effects", TimeSpan.FromSeconds(30));
        ledger.Effects.Order().ShouldBe(Enumerable.Range(0, Rounds * EventsOfRound));
    }

    private static bool AllDone(Ledger ledger, int round) => ledger.Effects.Count >= (round + 1) * EventsOfRound;

    /// <summary>Effects and tokens, as one transaction keeps them.</summary>
    private sealed class Ledger : ITokenStore
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, WireToken> _tokens = [];
        private readonly List<int> _effects = [];
        private int _handled;

        public int Handled => Volatile.Read(ref _handled);

        public IReadOnlyList<int> Effects
        {
            get
            {
                lock (_gate)
                    return [.. _effects];
            }
        }

        public ValueTask<WireToken?> ReadAsync(ConsumerPartition partition, CancellationToken cancellationToken)
        {
            lock (_gate)
                return new(_tokens.TryGetValue(partition.Partition, out var token) ? token : null);
        }

        public ValueTask<ConsumerOutcome> HandleAsync(ConsumerDelivery delivery)
        {
            lock (_gate)
            {
                _handled++;
                if (_tokens.TryGetValue(delivery.Partition.Partition, out var token) && token != delivery.Offered)
                    return new(ConsumerOutcome.StandsAt(token));
                _effects.AddRange(delivery.Events.Select(Received.NumberOf));
                _tokens[delivery.Partition.Partition] = delivery.Token;
                return new(ConsumerOutcome.Done);
            }
        }
    }
}
