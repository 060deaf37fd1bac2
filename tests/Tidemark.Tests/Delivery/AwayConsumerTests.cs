using Microsoft.Extensions.DependencyInjection;
using Tidemark.Checkpoints;
using Tidemark.Delivery;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Shards;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Delivery;

/// <summary>A consumer is away for long, by a clock of the test; the subscription waits, and nothing is skipped or dropped.</summary>
public sealed class AwayConsumerTests : IAsyncDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualClock _clock = new();
    private readonly Inbox _inbox = new();
    private readonly Port _port;
    private BankHost? _host;
    private int _ticks;

    public AwayConsumerTests() => _port = new Port(_inbox);

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
    }

    [Theory]
    [InlineData(10)]
    [InlineData(300)]
    public async Task Nobody_is_attached_for_long_and_then_gets_everything_once_in_order(int minutes)
    {
        await StartAsync(t => t.Services.AddSingleton<IDeliveryTargetSource>(_port));
        await _host!.Host.Subscriptions.CreateAsync(new() { Name = "mail", Kind = SubscriptionKind.Remote });
        _port.Attach();
        await DepositAsync(1);
        await _inbox.ReceivedAsync(1).InTime();
        _port.Leave();

        var count = await WhileAwayAsync(minutes, () => _port.Asked);

        _inbox.Events.Count.ShouldBe(1);
        await Eventually.TrueAsync(
            () => _host.Daemon.Status().Shards is [{ Error.Category: ErrorCategory.NoConsumer }], "it shows that nobody is attached");
        _port.Attach();
        await GotAllAsync(count);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(300)]
    public async Task A_consumer_fails_for_long_and_then_gets_everything_once_in_order(int minutes)
    {
        var isAway = false;
        _inbox.OnEvent = _ => isAway ? throw new InvalidOperationException("its database is away") : Task.CompletedTask;
        await StartAsync(t => t.AddSubscription("mail", _inbox.HandleAsync));
        await DepositAsync(1);
        await _inbox.ReceivedAsync(1).InTime();
        isAway = true;

        var count = await WhileAwayAsync(minutes, () => _inbox.Tries);

        _inbox.Events.Count.ShouldBe(1);
        isAway = false;
        await GotAllAsync(count);
    }

    private async Task StartAsync(Action<TidemarkBuilder> build) => _host = await BankHost.StartAsync(
        t =>
        {
            build(t);
            t.Configure(o => o.Node.TimeToLive = TimeSpan.FromMinutes(10));
        },
        clock: _clock,
        hook: s => s.BeforeTick = _ =>
        {
            Interlocked.Increment(ref _ticks);
            return Task.CompletedTask;
        });

    // An event a minute, to streams in turn; each minute the consumer is looked for in vain. Returns the amount of the last one.
    private async Task<long> WhileAwayAsync(int minutes, Func<int> looks)
    {
        for (var minute = 1; minute <= minutes; minute++)
        {
            await DepositAsync(1 + minute);
            var (tick, look) = (Volatile.Read(ref _ticks), looks());
            _clock.Advance(Minute);
            await MoveUntilAsync(() => Volatile.Read(ref _ticks) > tick && looks() > look, "the consumer is looked for");
        }

        return minutes + 1;
    }

    private async Task GotAllAsync(long count)
    {
        await DepositAsync(count + 1);
        await MoveUntilAsync(() => _inbox.Events.Count > count, "everything is delivered");
        _inbox.Amounts.ShouldBe(Enumerable.Range(1, (int)count + 1).Select(a => (long)a));
        (await _host!.Storage.DeadLetters.ReadAsync("mail", Position.Beginning, 10, default)).ShouldBeEmpty();
    }

    // A second of the clock for each look: the node beats its heart all the while.
    private Task MoveUntilAsync(Func<bool> condition, string what) => Eventually.TrueAsync(
        () =>
        {
            if (condition())
                return true;
            _clock.Advance(TimeSpan.FromSeconds(1));
            return false;
        },
        what);

    private async Task DepositAsync(long amount) =>
        await _host!.Store.AppendAsync($"account-{amount % 7}", ExpectedVersion.Any, [new Deposited(amount)]).InTime();

    /// <summary>Where a consumer of another process comes and goes.</summary>
    private sealed class Port(Inbox inbox) : IDeliveryTargetSource
    {
        private readonly Inbox _inbox = inbox;
        private readonly AsyncPulse _changed = new();
        private volatile bool _isAttached;
        private int _asked;

        /// <summary>How often somebody was looked for.</summary>
        public int Asked => Volatile.Read(ref _asked);

        public SubscriptionKind Kind => SubscriptionKind.Remote;

        public void Attach() => Set(true);

        public void Leave() => Set(false);

        public IDeliveryTarget Make(ShardName shard, Subscription subscription) => new Target(this, shard);

        private void Set(bool isAttached)
        {
            _isAttached = isAttached;
            _changed.Fire();
        }

        private sealed class Target(Port port, ShardName shard) : IDeliveryTarget
        {
            public TokenKeeper Keeper => TokenKeeper.Store;

            public bool NeedsData => true;

            public bool NeedsJson => false;

            public bool IsTransactional => false;

            public Task? Moved
            {
                get
                {
                    var changed = port._changed.Next;
                    return port._isAttached ? changed : Task.CompletedTask;
                }
            }

            public ValueTask<HandshakeToken?> AskAsync(HandshakeQuestion question, CancellationToken cancellationToken)
            {
                Check();
                return new((HandshakeToken?)null);
            }

            public async ValueTask<DeliveryAnswer> DeliverAsync(
                DeliveryOffer offer, DeliveryBatch batch, IStoreTransaction? transaction, CancellationToken cancellationToken)
            {
                Check();
                return DeliveryAnswer.Of(await port._inbox.HandleAsync(batch, cancellationToken));
            }

            private void Check()
            {
                Interlocked.Increment(ref port._asked);
                var attached = port._changed.Next;
                if (!port._isAttached)
                    throw new NoConsumerException(shard, attached);
            }
        }
    }
}
