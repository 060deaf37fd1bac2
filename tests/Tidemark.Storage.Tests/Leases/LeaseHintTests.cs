using System.Threading.Channels;
using Tidemark.Control;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Leases;

/// <summary>Hints that leases changed. They may be lost, so a test that waits for one sends it until it arrives.</summary>
public abstract class LeaseHintTests<TKind> : LeaseCase<TKind>
    where TKind : ITestStoreKind
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(50);

    [Fact]
    public Task Change_of_leases_reaches_a_listener() => HeardAsync(
        async node => await TickAsync(Tick(node) with { Claim = [Shard(0)], Release = [Shard(0)] }));

    [Fact]
    public Task Operator_command_reaches_a_listener() => HeardAsync(
        async _ => await Storage.Commands.AddAsync(OperatorAction.Pause, "Orders", null, "me", Token));

    [Fact]
    public Task Leaving_of_a_node_reaches_a_listener() => HeardAsync(
        async _ =>
        {
            var other = NewNode();
            await BeatAsync(other);
            await Leases.LeaveAsync(other.Id, Token);
        });

    [Fact]
    public Task Added_tenant_reaches_a_listener()
    {
        var added = 0;
        return HeardAsync(async _ => await Storage.Tenants.AddAsync($"tenant-{++added}", "db-1", Token));
    }

    [Fact]
    public Task Added_subscription_reaches_a_listener()
    {
        var added = 0;
        return HeardAsync(async _ => await Storage.Subscriptions.AddAsync(
            new() { Name = $"mailer-{++added}", Kind = SubscriptionKind.Remote }, new Dictionary<string, Position>(), Token));
    }

    [Fact]
    public async Task Heartbeat_sends_no_hint_of_leases()
    {
        var node = NewNode();
        var known = (await OwnAsync(node, Shard(0))).Change;
        await using var hints = await Hints.ListenAsync(Store, Token);
        for (var i = 0; i < 4; i++)
        {
            await AppearsAsync(hints, WakeUp.Appended, async () =>
            {
                await BeatAsync(node, known);
                await Storage.WakeUp.NotifyAsync(WakeUp.Appended, Token);
            });
        }

        hints.Heard.ShouldNotContain(WakeUp.Leases);
    }

    private async Task HeardAsync(Func<Tidemark.Leases.Node, Task> change)
    {
        var node = NewNode();
        await OwnAsync(node, Shard(0));
        await using var hints = await Hints.ListenAsync(Store, Token);

        await AppearsAsync(hints, WakeUp.Leases, async () =>
        {
            await change(node);
            await Storage.WakeUp.NotifyAsync(WakeUp.Leases, Token);
        });
    }

    private async Task AppearsAsync(Hints hints, WakeUp wanted, Func<Task> act)
    {
        while (true)
        {
            await act();
            using var soon = CancellationTokenSource.CreateLinkedTokenSource(Token);
            soon.CancelAfter(Again);
            try
            {
                while (await hints.NextAsync(soon.Token) != wanted)
                {
                }

                return;
            }
            catch (OperationCanceledException) when (!Token.IsCancellationRequested)
            {
                hints.ShouldListen();
            }
        }
    }

    /// <summary>A listener in another process, after its first hints.</summary>
    private sealed class Hints : IAsyncDisposable
    {
        private readonly Channel<WakeUp> _hints = Channel.CreateUnbounded<WakeUp>();
        private readonly CancellationTokenSource _stop;
        private readonly IEventDatabaseStorage _storage;
        private readonly Task _listening;

        private Hints(IEventDatabaseStorage storage, CancellationToken cancellationToken)
        {
            _storage = storage;
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _listening = storage.WakeUp.ListenAsync(what => _hints.Writer.TryWrite(what), _stop.Token);
        }

        public List<WakeUp> Heard { get; } = [];

        public static async Task<Hints> ListenAsync(TestStore store, CancellationToken cancellationToken)
        {
            var hints = new Hints(store.OpenAgain(), cancellationToken);
            (await hints._hints.Reader.ReadAsync(cancellationToken)).ShouldBe(WakeUp.Appended, "both kinds when listening begins");
            (await hints._hints.Reader.ReadAsync(cancellationToken)).ShouldBe(WakeUp.Leases, "both kinds when listening begins");
            return hints;
        }

        public async Task<WakeUp> NextAsync(CancellationToken cancellationToken)
        {
            var hint = await _hints.Reader.ReadAsync(cancellationToken);
            Heard.Add(hint);
            return hint;
        }

        public void ShouldListen() => _listening.IsCompleted.ShouldBeFalse(_listening.Exception?.ToString());

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _listening.ContinueWith(_ => { }, TaskScheduler.Default);
            _stop.Dispose();
            await _storage.DisposeAsync();
        }
    }
}
