using Microsoft.Extensions.DependencyInjection;
using Tidemark.Checkpoints;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Delivery;

/// <summary>
/// One of a thousand consumers hangs, or takes long to attach; the others do not notice. The clock stands still while an event is delivered
/// to them: a delivery that waited for a timer, or for that consumer, would not come at all.
/// </summary>
public sealed class HangingConsumerTests : IAsyncDisposable
{
    private const int Others = 999;
    private const int Rounds = 60;

    private readonly ManualClock _clock = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Tally[] _others = [.. Enumerable.Range(0, Others).Select(_ => new Tally())];
    private readonly Inbox _slow = new();
    private BankHost? _host;

    public async ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        if (_host is not null)
            await _host.DisposeAsync();
    }

    [Fact]
    public async Task One_of_a_thousand_consumers_hangs_for_a_minute_and_no_other_one_is_delayed()
    {
        _slow.OnEvent = e => e.Position.Value == 2 ? _release.Task : Task.CompletedTask;
        await StartAsync(t => t.AddSubscription("slow", _slow.HandleAsync));
        await RoundAsync(1);
        await _slow.ReceivedAsync(1).InTime();

        await MinuteAsync();

        _slow.Events.Count.ShouldBe(1);
        _release.SetResult();
        await _clock.RunAsync(_slow.ReceivedAsync(Rounds + 1));
        _slow.Events.Select(e => e.Position.Value).ShouldBe(Enumerable.Range(1, Rounds + 1).Select(p => (long)p));
    }

    [Fact]
    public async Task One_of_a_thousand_consumers_attaches_after_a_minute_and_no_other_one_is_delayed()
    {
        await StartAsync(t =>
        {
            t.Services.AddSingleton(new LateSubscriber(_slow, _release.Task));
            t.AddSubscription<LateSubscriber>("slow");
        });
        await RoundAsync(1);

        await MinuteAsync();

        _slow.Tries.ShouldBe(0);
        _release.SetResult();
        await _clock.RunAsync(_slow.ReceivedAsync(Rounds + 1));
        _slow.Events.Select(e => e.Position.Value).ShouldBe(Enumerable.Range(1, Rounds + 1).Select(p => (long)p));
    }

    // A second between two events, so a minute in all.
    private async Task MinuteAsync()
    {
        for (var position = 2; position <= Rounds + 1; position++)
        {
            await RoundAsync(position);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private async Task StartAsync(Action<TidemarkBuilder> slow)
    {
        _host = await BankHost.StartAsync(
            t =>
            {
                slow(t);
                for (var i = 0; i < Others; i++)
                    t.AddSubscription($"other-{i}", _others[i].HandleAsync);
            },
            clock: _clock);
        await Eventually.TrueAsync(() => _host.Daemon.Status().Shards.Count == Others + 1, "all shards run");
    }

    // One event; all of the others get it, and time has not moved.
    private async Task RoundAsync(int position)
    {
        var before = _clock.GetUtcNow();
        await _host!.Store.AppendAsync("account-1", ExpectedVersion.Any, [new Deposited(position)]).InTime();
        foreach (var other in _others)
            await other.ReachedAsync(position).InTime();
        (_clock.GetUtcNow() - before).ShouldBe(TimeSpan.Zero);
    }

    /// <summary>Keeps its own token, and does not say where it stands until it is let go.</summary>
    private sealed class LateSubscriber(Inbox inbox, Task attached) : IOwnTokenSubscriber
    {
        private HandshakeToken? _token;

        public async ValueTask<HandshakeToken?> ReadTokenAsync(ShardName shard, CancellationToken cancellationToken)
        {
            await attached.WaitAsync(cancellationToken);
            return _token;
        }

        public async ValueTask<DeliveryOutcome> HandleAsync(DeliveryBatch batch, CancellationToken cancellationToken)
        {
            var outcome = await inbox.HandleAsync(batch, cancellationToken);
            _token = batch.Token;
            return outcome;
        }
    }

    /// <summary>Counts what a consumer got, each once and in order.</summary>
    private sealed class Tally
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _position;

        public ValueTask HandleAsync(RecordedEvent e, CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                e.Position.Value.ShouldBe(_position + 1);
                _position++;
                _next.SetResult();
                _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return ValueTask.CompletedTask;
        }

        public async Task ReachedAsync(long position)
        {
            while (true)
            {
                Task next;
                lock (_gate)
                {
                    if (_position >= position)
                        return;
                    next = _next.Task;
                }

                await next;
            }
        }
    }
}
