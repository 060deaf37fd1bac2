using System.Text.Json;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Pulling;
using Tidemark.Shards;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Projections;

/// <summary>A projection as a shard's consumer: deliveries, commits and abandoned batches in any order, with next to no memory.</summary>
public sealed class ConsumerTests
{
    private static CancellationToken None => CancellationToken.None;

    private sealed class Deck(Projection projection, long stateBytesMax)
    {
        private readonly JsonSerializerOptions _json = new EventTypeBuilder().MakeJsonOptions();
        private readonly List<RecordedEvent> _events = [];

        public HookedStorage Storage { get; } = new(new(new("main", new ManualClock(), new(), NullLoggerFactory.Instance)));

        private long _epoch;

        public ShardOptions Options { get; } = new();

        public ProjectionConsumer Consumer { get; private set; } = null!;

        public HandshakeToken Token { get; set; }

        public async Task OpenAsync()
        {
            await Storage.ReadModels.PrepareAsync(projection.Name, 1, projection.Schema, 1, None);
            Consumer = new(
                new(projection.Name, 1, SlotRange.All, "main"), projection,
                new(Accounts.Types, _json, Storage.ReadModels, Storage.Log, 1, null, stateBytesMax), Storage.Checkpoints,
                Storage.DeadLetters, Options, new SemaphoreSlim(3), new(++_epoch));
            Token = await Consumer.HandshakeAsync(None);
        }

        public async Task AppendAsync(IEnumerable<Happening> happenings)
        {
            foreach (var h in happenings)
            {
                var type = Accounts.Types.Of(h.Event.GetType());
                await Storage.Log.AppendAsync(
                    [new(h.Tenant, h.Account, Slot.Of(h.Tenant, h.Account), ExpectedVersion.Any,
                        [new(Guid.CreateVersion7(), type.Name, type.Encode(h.Event), null)])],
                    None);
            }

            _events.Clear();
            _events.AddRange(
                (await Storage.Log.ReadAsync(new(new(0), Position.Max, LogFilter.All, int.MaxValue, int.MaxValue), None)).Events);
            foreach (var e in _events)
                e.Decode(Accounts.Types, keepJson: false);
        }

        public bool HasMore => Token.Position.Value < _events.Count;

        public async Task DeliverAsync(int count)
        {
            var after = Token.Position;
            RecordedEvent[] slice = [.. _events.Skip((int)after.Value).Take(count)];
            var page = new EventPage(after, slice[^1].Position, slice);
            var delivery = new ShardDelivery(
                Token, new(page, 0, slice.Length, slice[^1].Position), new Dictionary<Position, DeadLetter>(), None);
            (await Consumer.DeliverAsync(delivery, None)).ShouldBeNull();
            Token = HandshakeToken.Delivered(slice[^1].Position);
        }
    }

    [Fact]
    public async Task Any_order_of_deliveries_commits_and_abandoned_batches_gives_the_same_documents()
    {
        var random = new Random(Seed.New());
        foreach (var happenings in Seed.Cases(Gen.ListOf(BankLedger.Happenings, 60), 40))
        {
            Projection projection = random.Next(2) == 0 ? new Balances() : new Books();
            var deck = new Deck(projection, stateBytesMax: random.Next(0, 4000));
            await deck.OpenAsync();
            await deck.AppendAsync(happenings);
            while (deck.HasMore || deck.Consumer.HasEffects)
                await StepAsync(deck, random);

            var ledger = BankLedger.Of(happenings);
            foreach (var (key, expected) in projection is Balances
                ? ledger.Balances.Select(p => (p.Key, (object)p.Value)) : ledger.Books.Select(p => (p.Key, (object)p.Value)))
            {
                var stored = await deck.Storage.FindLiveAsync(projection.ReadModel, new(key.Tenant, key.Key), None);
                JsonSerializer.Deserialize(stored!.Value.Json.Span, expected.GetType(), JsonSerializerOptions.Web).ShouldBe(expected);
            }
        }
    }

    [Fact]
    public async Task Delivery_with_another_token_is_answered_with_its_own_and_processes_nothing()
    {
        var deck = new Deck(new Balances(), 1 << 20);
        await deck.OpenAsync();
        await deck.AppendAsync([new("", "a", new Opened("A")), new("", "a", new Deposited(1)), new("", "a", new Deposited(1))]);
        await deck.DeliverAsync(1);
        var page = new EventPage(new(2), new(3), [Make.Recorded(3)]);
        foreach (var offered in (HandshakeToken[])[HandshakeToken.Delivered(new(2)), HandshakeToken.Delivered(new(0)),
            HandshakeToken.Start(new(1)), HandshakeToken.Start(new(2))])
        {
            var delivery = new ShardDelivery(offered, new(page, 0, 1, new(3)), new Dictionary<Position, DeadLetter>(), default);
            var answer = await deck.Consumer.DeliverAsync(delivery, None);
            answer.ShouldBe(HandshakeToken.Delivered(new(1)));
        }

        (await deck.Consumer.CommitAsync(None)).Events.ShouldBe(1);
        (await deck.Storage.Checkpoints.ReadAllAsync(None)).Single().Position.ShouldBe(new Position(1));
    }

    [Fact]
    public async Task Newer_owner_fences_the_older_one()
    {
        var old = new Deck(new Balances(), 1 << 20);
        await old.OpenAsync();
        await old.AppendAsync([new("", "a", new Opened("A"))]);
        await old.DeliverAsync(1);
        await old.Storage.Checkpoints.OpenAsync(new("Balances", 1, SlotRange.All, "main"), null, None);

        await Should.ThrowAsync<FencedException>(async () => await old.Consumer.CommitAsync(None));

        (await old.Storage.FindLiveAsync("balances", new("", "a"), None)).ShouldBeNull();
    }

    [Fact]
    public async Task Log_that_lost_its_tail_is_noticed_at_the_handshake()
    {
        var deck = new Deck(new Balances(), 1 << 20);
        await deck.OpenAsync();
        await deck.AppendAsync([new("", "a", new Opened("A"))]);
        await deck.Storage.Checkpoints.MoveAsync(
            new(new("Balances", 1, SlotRange.All, "main"), new(1), new(0), new(5), Make.Id(5), new(5)), None);

        var error = await Should.ThrowAsync<LogRewoundException>(async () => await deck.Consumer.HandshakeAsync(None));

        error.Message.ShouldContain("position 5");
        error.Message.ShouldContain("Rebuild");
    }

    [Fact]
    public async Task Documents_in_memory_stay_within_their_bound_however_large_they_are()
    {
        const int count = 100;
        var deck = new Deck(new Balances(), stateBytesMax: 100_000);
        await deck.OpenAsync();
        await deck.AppendAsync(Enumerable.Range(0, count).Select(n => new Happening("", $"s{n}", new Opened(new string('x', 10_000)))));
        while (deck.HasMore)
        {
            await deck.DeliverAsync(1);
            await deck.Consumer.CommitAsync(None);
        }

        await deck.AppendAsync(Enumerable.Range(0, count).Select(n => new Happening("", $"s{n}", new Deposited(1))));
        var before = deck.Storage.KeysLoaded;
        while (deck.HasMore)
        {
            await deck.DeliverAsync(1);
            await deck.Consumer.CommitAsync(None);
        }

        // At most ten such documents fit; the others were let go, and are loaded again.
        (deck.Storage.KeysLoaded - before).ShouldBeGreaterThan(count - 15);
    }

    [Fact]
    public async Task Large_documents_make_the_consumer_want_a_commit()
    {
        var deck = new Deck(new Balances(), stateBytesMax: 1 << 20);
        deck.Options.CommitBytesMax = 100_000;
        await deck.OpenAsync();
        await deck.AppendAsync(Enumerable.Range(0, 40).Select(n => new Happening("", $"s{n}", new Opened(new string('x', 10_000)))));
        await deck.DeliverAsync(10);
        await deck.Consumer.CommitAsync(None);

        await deck.DeliverAsync(20);

        deck.Consumer.WantsCommit.ShouldBeTrue();
    }

    [Fact]
    public async Task Fresh_read_model_is_filled_without_loading()
    {
        var deck = new Deck(new Balances(), 1 << 20);
        await deck.OpenAsync();
        await deck.AppendAsync(Enumerable.Range(0, 100).Select(n => new Happening("", $"s{n}", new Opened("A"))));
        while (deck.HasMore)
        {
            await deck.DeliverAsync(10);
            await deck.Consumer.CommitAsync(None);
        }

        deck.Storage.KeysLoaded.ShouldBe(0);
    }

    private static async Task StepAsync(Deck deck, Random random)
    {
        switch (random.Next(6))
        {
            case 0:
                await deck.Consumer.CommitAsync(None);
                break;
            case 1 when random.Next(3) == 0:
                await deck.Consumer.AbandonAsync();
                deck.Token = await deck.Consumer.HandshakeAsync(None);
                break;
            default:
                if (deck.HasMore)
                    await deck.DeliverAsync(random.Next(1, 8));
                else
                    await deck.Consumer.CommitAsync(None);
                break;
        }
    }
}
