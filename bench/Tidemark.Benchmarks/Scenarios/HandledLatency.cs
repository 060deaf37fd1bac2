using System.Collections.Concurrent;
using System.Diagnostics;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Workload;
using Tidemark.Events;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>Appends at a steady pace, and how long after the answer of each append the last of its consumers has handled it.</summary>
/// <param name="consumers">How many consumers get each event.</param>
internal sealed class HandledLatency(int consumers)
{
    /// <summary>Long enough for the paths to be compiled with optimization.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);
    private readonly ConcurrentDictionary<long, Pending> _waiting = new();

    /// <summary>A consumer has handled the event at a position.</summary>
    public void Handled(long position) => _waiting.GetOrAdd(position, _ => new Pending(consumers)).Handled();

    /// <summary>Warms up, then measures.</summary>
    /// <param name="store">Where to append.</param>
    /// <param name="seconds">How long to measure.</param>
    public async Task<Histogram> MeasureAsync(EventStore store, int seconds)
    {
        await PacedAsync(store, WarmUp).ConfigureAwait(false);
        return await PacedAsync(store, TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
    }

    // From the answer of the append to the end of the last handler.
    private async Task<Histogram> PacedAsync(EventStore store, TimeSpan duration)
    {
        var histogram = new Histogram();
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Pace);
        for (var i = 0; Stopwatch.GetElapsedTime(started) < duration; i++)
        {
            await timer.WaitForNextTickAsync().ConfigureAwait(false);
            var result = await store.AppendAsync($"live-{i % 100}", ExpectedVersion.Any, [Orders.Event(1, i % Orders.Streams)])
                .ConfigureAwait(false);
            var answered = Stopwatch.GetTimestamp();
            var pending = _waiting.GetOrAdd(result.Last.Value, _ => new Pending(consumers));
            var handled = await pending.Done.WaitAsync(Timeout).ConfigureAwait(false);
            histogram.Add(handled > answered ? Stopwatch.GetElapsedTime(answered, handled) : TimeSpan.Zero);
            _waiting.TryRemove(result.Last.Value, out _);
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
