using System.Diagnostics;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Delivery;
using Tidemark.Events;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>
/// A subscription that is live on a quiet store is rewound to the beginning: how soon the first event comes, and that all come once and in
/// order, those appended meanwhile and afterwards too. Fails when they do not.
/// </summary>
internal sealed class RewoundDelivery(IBenchStore store, DeliverySettings settings)
{
    private const string Name = "rewound";
    private const int LiveAppends = 200;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);
    private readonly Lock _gate = new();
    private TaskCompletionSource _reached = new();
    private long _awaited;
    private long _last;
    private long _seen;
    private long _wrong;
    private bool _isRewound;
    private long _began;

    public async Task RunAsync()
    {
        var host = await store.StartHostAsync(daemon: true, builder => builder.AddOrders().AddSubscription(
            Name, (e, _) => Take(e.Position.Value), s => s.From(SubscriptionStart.End).Policy(new() { BatchEventsMax = settings.Batch })))
            .ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            await AppendAsync(host.Store, 0).ConfigureAwait(false);
            var meter = UsageMeter.Start(store.CpuSeconds);
            var called = Stopwatch.GetTimestamp();
            Expect();
            await host.Control.RewindAsync(Name, new Position(1)).ConfigureAwait(false);
            var answered = Stopwatch.GetElapsedTime(called);
            using var timer = new PeriodicTimer(Pace);
            var appends = AppendSomeAsync(host.Store, timer);
            await ReachedAsync(settings.Events).ConfigureAwait(false);
            var usage = meter.Stop();
            await appends.ConfigureAwait(false);
            await AppendAsync(host.Store, LiveAppends).ConfigureAwait(false);
            var total = settings.Events + LiveAppends + 2;
            var (seen, wrong, began) = Counts();
            if (seen != total || wrong != 0)
                throw new InvalidOperationException($"{seen} of {total} events came, {wrong} of them out of order or again.");

            new Report("delivery")
                .Set("store", settings.Store).Set("transport", DeliveryScenario.InProcess).Set("rewind", true)
                .Set("batch", settings.Batch).Set("events", settings.Events)
                .Set("command_ms", answered.TotalMilliseconds)
                .Set("first_event_ms", Stopwatch.GetElapsedTime(called, began).TotalMilliseconds)
                .Set("events_per_second", Math.Round(settings.Events / usage.Seconds))
                .Set("delivered_once_in_order", seen)
                .Cost(usage, settings.Events, usage.PeakMegabytes)
                .Print();
        }
    }

    // While it catches up, and afterwards.
    private static async Task AppendSomeAsync(EventStore events, PeriodicTimer timer)
    {
        for (var i = 1; i <= LiveAppends; i++)
        {
            await timer.WaitForNextTickAsync().ConfigureAwait(false);
            await events.AppendAsync($"live-{i}", ExpectedVersion.Any, [Orders.Event(1, i)]).ConfigureAwait(false);
        }
    }

    // Until it is handled; everything before it is then, too.
    private async Task AppendAsync(EventStore events, int number)
    {
        var result = await events.AppendAsync($"last-{number}", ExpectedVersion.Any, [Orders.Event(1, number)]).ConfigureAwait(false);
        await ReachedAsync(result.Last.Value).ConfigureAwait(false);
    }

    private Task ReachedAsync(long position)
    {
        lock (_gate)
        {
            _awaited = position;
            _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_last >= position)
                _reached.SetResult();
            return _reached.Task.WaitAsync(Timeout);
        }
    }

    // Nothing is appended until it has begun anew, so what comes next is the beginning.
    private void Expect()
    {
        lock (_gate)
            (_isRewound, _seen, _last) = (true, 0, 0);
    }

    private (long Seen, long Wrong, long Began) Counts()
    {
        lock (_gate)
            return (_seen, _wrong, _began);
    }

    private ValueTask Take(long position)
    {
        lock (_gate)
        {
            if (_isRewound && _began == 0)
                _began = Stopwatch.GetTimestamp();
            if (position <= _last)
                _wrong++;
            (_last, _seen) = (position, _seen + 1);
            if (position >= _awaited)
                _reached.TrySetResult();
        }

        return ValueTask.CompletedTask;
    }
}
