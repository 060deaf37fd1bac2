using Microsoft.Extensions.Logging;
using Tidemark.Events;

namespace Tidemark.HighWater;

/// <summary>
/// Keeps the high-water mark of one event database on one node; all shards there share it. It looks when somebody appended here (a signal
/// in memory), when another
/// process hinted, and at the latest after the poll interval. When the log is away it backs off and tells those who wait for its return.
/// </summary>
internal sealed partial class HighWaterAgent(
    IHighWaterSource source, IWakeUpChannel wakeUp, HighWaterOptions options, TimeProvider time, ILogger logger)
{
    private const long NoHeartbeat = long.MinValue;
    private static readonly TimeSpan FailureWaitMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LastHintMax = TimeSpan.FromSeconds(1);

    private readonly AsyncPulse _look = new();
    private readonly AsyncPulse _moved = new();
    private readonly AsyncPulse _appended = new();
    private readonly AsyncPulse _returned = new();
    private long _mark;
    private long _last;
    private long _heartbeat = NoHeartbeat;
    private int _appendedHere;
    private volatile bool _hintsArrive;
    private volatile Exception? _failure;

    /// <summary>The mark: it never falls.</summary>
    public Position Mark => new(Volatile.Read(ref _mark));

    /// <summary>The last position drawn as of the last look; above the mark while an append is open.</summary>
    public Position Last => new(Volatile.Read(ref _last));

    /// <summary>Why the last look failed; null when it did not.</summary>
    public Exception? Failure => _failure;

    /// <summary>When the loop was last alive, as a timestamp of the clock; null while it does not run.</summary>
    public long? Heartbeat => Volatile.Read(ref _heartbeat) is var last && last == NoHeartbeat ? null : last;

    /// <summary>Fired when a process hints that leases, nodes or operator commands changed.</summary>
    public AsyncPulse LeasesChanged { get; } = new();

    /// <summary>Completes when the database answers again after a failure.</summary>
    public Task WhenReturned => _returned.Next;

    /// <summary>Somebody appended in this process, or asks for a fresh look.</summary>
    public void Signal(bool appended)
    {
        if (appended)
        {
            Volatile.Write(ref _appendedHere, 1);
            _appended.Fire();
        }

        _look.Fire();
    }

    /// <summary>
    /// Hints to every process, this one too, that leases, nodes or operator commands changed. A hint that cannot be sent is lost to others.
    /// </summary>
    public async ValueTask NotifyLeasesAsync(CancellationToken cancellationToken)
    {
        // Where hints arrive, this process gets its own as well.
        if (!_hintsArrive)
            LeasesChanged.Fire();
        try
        {
            await wakeUp.NotifyAsync(WakeUp.Leases, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogLeasesHintNotSent(e);
            LeasesChanged.Fire();
        }
    }

    /// <summary>Looks now, and returns a mark that is at least as fresh as this call.</summary>
    public async ValueTask<Position> RefreshAsync(CancellationToken cancellationToken)
    {
        await LookAsync(cancellationToken).ConfigureAwait(false);
        return Mark;
    }

    /// <summary>Waits until the mark is beyond a position.</summary>
    public async ValueTask WaitBeyondAsync(Position position, CancellationToken cancellationToken)
    {
        while (true)
        {
            var moved = _moved.Next;
            if (Mark > position)
                return;
            await moved.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The loop that looks. Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LookOnAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _heartbeat, NoHeartbeat);
        }
    }

    private async Task LookOnAsync(CancellationToken cancellationToken)
    {
        var wait = options.PollBusy;
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            Volatile.Write(ref _heartbeat, time.GetTimestamp());
            var asked = _look.Next;
            try
            {
                var before = Mark;
                await LookAsync(cancellationToken).ConfigureAwait(false);
                if (failures > 0)
                    Return();
                failures = 0;
                wait = NextWait(wait, moved: Mark > before);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                _failure = e;
                if (failures++ == 0)
                    LogAway(e);
                wait = TimeSpan.FromMilliseconds(Math.Min(FailureWaitMax.TotalMilliseconds, 100 * Math.Pow(2, Math.Min(failures, 10))));
            }

            Volatile.Write(ref _heartbeat, time.GetTimestamp());
            await WaitForWorkAsync(asked, wait, failures > 0, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The loop that receives hints of other processes. Runs until cancelled; while the channel is broken, polling carries on.
    /// </summary>
    public async Task ListenAsync(CancellationToken cancellationToken)
    {
        while (wakeUp.CanListen && !cancellationToken.IsCancellationRequested)
        {
            try
            {
                await wakeUp.ListenAsync(OnHint, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogChannelBroken(e);
            }

            _hintsArrive = false;
            _look.Fire();
            await DelayAsync(options.PollIdle, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The loop that sends hints to other processes, coalesced, after appends of this process, whether or not a daemon runs here. Runs
    /// until cancelled; what was appended last is hinted at then.
    /// </summary>
    public async Task HintAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var appended = _appended.Next;
            await SendHintAsync(cancellationToken).ConfigureAwait(false);
            await DelayAsync(options.HintInterval, cancellationToken).ConfigureAwait(false);
            await appended.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        using var last = new CancellationTokenSource(LastHintMax, time);
        await SendHintAsync(last.Token).ConfigureAwait(false);
    }

    private async ValueTask SendHintAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Exchange(ref _appendedHere, 0) == 1)
                await wakeUp.NotifyAsync(WakeUp.Appended, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Volatile.Write(ref _appendedHere, 1);
            LogHintNotSent(e);
        }
    }

    private void OnHint(WakeUp what)
    {
        if (what == WakeUp.Leases)
        {
            LeasesChanged.Fire();
            return;
        }

        _hintsArrive = true;
        _look.Fire();
    }

    private async ValueTask LookAsync(CancellationToken cancellationToken)
    {
        var reading = await source.ReadAsync(Mark, cancellationToken).ConfigureAwait(false);
        _failure = null;
        RaiseTo(ref _last, reading.Last.Value);
        if (RaiseTo(ref _mark, reading.Mark.Value))
            _moved.Fire();
    }

    private TimeSpan NextWait(TimeSpan previous, bool moved)
    {
        if (Last > Mark)
            return moved ? options.PollHeld : Shorter(Longer(previous, options.PollHeld) * 2, options.PollBusy);
        if (_hintsArrive)
            return options.PollWithHints;
        return moved ? options.PollBusy : Shorter(previous * 2, options.PollIdle);
    }

    private async Task WaitForWorkAsync(Task asked, TimeSpan wait, bool failing, CancellationToken cancellationToken)
    {
        // While the database is away or an append holds the mark, being asked cannot help before the wait is over.
        if (failing || Last > Mark)
        {
            await DelayAsync(wait, cancellationToken).ConfigureAwait(false);
            return;
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(asked, Task.Delay(wait, time, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
    }

    private async Task DelayAsync(TimeSpan delay, CancellationToken cancellationToken) =>
        await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void Return()
    {
        LogBack();
        _returned.Fire();
    }

    private static bool RaiseTo(ref long field, long value)
    {
        var seen = Volatile.Read(ref field);
        while (value > seen)
        {
            var before = Interlocked.CompareExchange(ref field, value, seen);
            if (before == seen)
                return true;
            seen = before;
        }

        return false;
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
