using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Tidemark.Checkpoints;
using Tidemark.Control;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Delivery;

/// <summary>Consumers that keep their token with their effects: that token is the truth, in both directions.</summary>
public sealed class OwnTokenTests : DeliveryScene
{
    private readonly Ledger _ledger = new();

    [Fact]
    public async Task Each_event_takes_effect_once_though_answers_are_lost()
    {
        // It stores effects and token, and then fails: the store does not learn of it.
        _ledger.AfterStoring = () => _ledger.Calls % 2 == 1 ? throw new InvalidOperationException("the answer is lost") : 0;
        await StartAsync();
        for (var i = 1; i <= 20; i++)
            await DepositAsync(i);
        await _ledger.UntilAsync(l => l.Effects.Count >= 20);

        _ledger.Effects.ShouldBe(Enumerable.Range(1, 20).Select(i => (long)i));
    }

    [Fact]
    public async Task Each_event_of_a_batch_takes_effect_once_though_the_answer_to_the_batch_is_lost()
    {
        _ledger.AfterStoring = () => throw new InvalidOperationException("the answer is lost");
        await StartWithoutAsync();
        await DepositAsync("account-1", [.. Enumerable.Range(1, 20)]);
        await Host.DisposeAsync();
        await StartAsync();
        await StoredAsync(20);
        await DepositAsync(21);
        await StoredAsync(21);

        _ledger.Effects.ShouldBe(Enumerable.Range(1, 21).Select(i => (long)i));
    }

    [Fact]
    public async Task A_token_that_was_set_back_or_forward_is_noticed_on_an_idle_stream()
    {
        await StartAsync();
        for (var i = 1; i <= 5; i++)
            await DepositAsync(i);
        await _ledger.UntilAsync(l => l.Effects.Count == 5);
        await StoredAsync(5);

        _ledger.Set(HandshakeToken.Delivered(new(3)));
        await _ledger.UntilAsync(l => l.Effects.Count == 7);
        _ledger.Effects.ShouldBe([1, 2, 3, 4, 5, 4, 5]);
        await StoredAsync(5);
        _ledger.Set(HandshakeToken.Start(new(5)));
        await _ledger.UntilAsync(l => l.Effects.Count == 8);
        _ledger.Effects[^1].ShouldBe(5);

        // Forward: what lies between is not delivered, as the consumer says that it has it.
        await StoredAsync(5);
        await Host.Host.Control.PauseAsync("ledger").InTime();
        await DepositAsync(6);
        await DepositAsync(7);
        _ledger.Set(HandshakeToken.Delivered(new(6)));
        await Host.Host.Control.ResumeAsync("ledger").InTime();
        await _ledger.UntilAsync(l => l.Effects.Count == 9);
        _ledger.Effects[^1].ShouldBe(7);
    }

    [Fact]
    public async Task A_token_ahead_of_the_log_is_reported_and_not_waited_for()
    {
        await StartAsync();
        await DepositAsync(1);
        await _ledger.UntilAsync(l => l.Effects.Count == 1);
        await StoredAsync(1);
        _ledger.Set(HandshakeToken.Delivered(new(100)));
        await Eventually.TrueAsync(
            () => Host.Daemon.Status().Shards.Any(
                s => s.State == ShardState.Paused && s.Error is { Category: ErrorCategory.Rewound, Exception: TokenAheadException }),
            () => "it is reported");
        Host.Daemon.CheckHealth().Reasons.ShouldContain(r => r.Contains("Delivered(100)") && r.Contains("the log ends at position 1"));

        _ledger.Set(HandshakeToken.Delivered(new(1)));
        await Host.Host.Control.ResumeAsync("ledger").InTime();
        await DepositAsync(2);
        await _ledger.UntilAsync(l => l.Effects.Count == 2);
    }

    [Fact]
    public async Task An_empty_store_begins_with_the_start_of_the_subscription()
    {
        await StartAsync();
        await DepositAsync(1);
        await DepositAsync(2);
        await _ledger.UntilAsync(l => l.Effects.Count == 2);
        await StoredAsync(2);

        _ledger.Set(null);
        await _ledger.UntilAsync(l => l.Effects.Count == 4);

        _ledger.Effects.ShouldBe([1, 2, 1, 2]);
    }

    [Fact]
    public async Task Events_of_a_parked_stream_are_on_record_before_the_token_passes_them()
    {
        _ledger.Parks = 1;
        await StartAsync();
        await DepositAsync(1);
        await Eventually.TrueAsync(
            async () => (await Host.Daemon.ReadDeadLettersAsync("ledger")).Count == 1, () => "the stream is parked");

        // It stores its token behind the parked event, and then fails until the store goes on from that token.
        var failing = true;
        _ledger.AfterStoring = () => failing ? throw new InvalidOperationException("the answer is lost") : 0;
        await Host.Host.Control.PauseAsync("ledger").InTime();
        await DepositAsync(2);
        await Host.Store.AppendAsync("account-2", ExpectedVersion.Any, [new Deposited(3)]);
        await Host.Host.Control.ResumeAsync("ledger").InTime();
        await _ledger.UntilAsync(l => l.Effects.Contains(3));
        failing = false;
        await StoredAsync(3);
        _ledger.Parks = 0;

        (await Host.Host.Control.RetryDeadLetterAsync("ledger", new Position(1)).InTime()).Result.ShouldBe(
            "1 dead letter(s) settled, 2 event(s) applied.");
        _ledger.Effects.ShouldBe([3, 1, 2]);
    }

    [Fact]
    public async Task What_only_the_consumer_can_do_is_refused_to_operators()
    {
        await StartAsync();
        await Eventually.TrueAsync(() => Host.Daemon.Status().Shards.Count == 1, () => "it runs");

        (await Should.ThrowAsync<CommandFailedException>(() => Host.Host.Control.RewindAsync("ledger", new Position(1)).InTime()))
            .Message.ShouldContain("keeps its token itself");
        (await Should.ThrowAsync<CommandFailedException>(() => Host.Host.Control.SplitAsync("ledger", 2).InTime()))
            .Message.ShouldContain("keeps a token for each of its shards");
    }

    private Task StartAsync() => StartAsync(t =>
    {
        t.Services.AddSingleton(_ledger);
        t.AddSubscription<Subscriber>("ledger", s => s.Policy(
            new() { RetryMin = TimeSpan.FromMilliseconds(1), RetryMax = TimeSpan.FromMilliseconds(2) }));
        t.Configure(o => o.Shards.TokenSyncInterval = TimeSpan.FromMilliseconds(50));
    });

    private Task StoredAsync(long position) => Eventually.TrueAsync(
        async () => await Host.Storage.Checkpoints.ReadAllAsync(default) is [{ } only] && only.Position.Value == position,
        () => "its copy is stored");

    private Task DepositAsync(long amount) => DepositAsync("account-1", amount);

    /// <summary>Effects and token, as one transaction keeps them.</summary>
    private sealed class Ledger
    {
        private readonly ConcurrentQueue<long> _effects = new();
        private HandshakeToken? _token;

        public int Calls { get; private set; }

        /// <summary>The amount that it wants to be parked; 0 for none.</summary>
        public long Parks { get; set; }

        public Func<int> AfterStoring { get; set; } = () => 0;

        public IReadOnlyList<long> Effects => [.. _effects];

        public HandshakeToken? Token
        {
            get
            {
                lock (_effects)
                    return _token;
            }
        }

        public void Set(HandshakeToken? token)
        {
            lock (_effects)
                _token = token;
        }

        public void Store(DeliveryBatch batch)
        {
            Calls++;
            lock (_effects)
            {
                foreach (var e in batch.Events.Span)
                    _effects.Enqueue(((Deposited)e.Data).Amount);
                _token = batch.Token;
            }

            AfterStoring();
        }

        public Task UntilAsync(Func<Ledger, bool> condition) =>
            Eventually.TrueAsync(() => condition(this), () => $"effects are {string.Join(", ", Effects)}", Deadlines.Max);
    }

    private sealed class Subscriber(Ledger ledger) : IOwnTokenSubscriber
    {
        public ValueTask<HandshakeToken?> ReadTokenAsync(ShardName shard, CancellationToken cancellationToken) => new(ledger.Token);

        public ValueTask<DeliveryOutcome> HandleAsync(DeliveryBatch batch, CancellationToken cancellationToken)
        {
            if (((Deposited)batch.Events.Span[0].Data).Amount == ledger.Parks)
                return new(DeliveryOutcome.Park("not now"));
            ledger.Store(batch);
            return new(DeliveryOutcome.Done);
        }
    }
}
