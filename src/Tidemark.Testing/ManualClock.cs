namespace Tidemark.Testing;

/// <summary>
/// A clock that stands still until a test moves it. Timers fire inside <see cref="Advance"/>, on its thread, in the order of their moments
/// (those of one moment in the order they were set), and see the clock at their own moment. A test that waits for <see
/// cref="WaitForTimersAsync"/> before it advances knows that the code under test has come to its delay. Thread-safe; one thread advances at
/// a time.
/// </summary>
public sealed class ManualClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly Lock _advancing = new();
    private readonly PriorityQueue<(ManualTimer Timer, long Setting), (DateTimeOffset Due, long Setting)> _queue = new();
    private readonly Dictionary<ManualTimer, (DateTimeOffset Due, long Setting)> _pending = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private readonly DateTimeOffset _start;
    private DateTimeOffset _now;
    private long _settings;

    /// <summary>Makes a clock that stands at a moment; by default the first of January 2030, midnight, UTC.</summary>
    public ManualClock(DateTimeOffset? start = null)
    {
        _start = (start ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)).ToUniversalTime();
        _now = _start;
    }

    /// <inheritdoc />
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc />
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers are set and have not fired. A periodic timer stays one of them.</summary>
    public int PendingTimers
    {
        get
        {
            lock (_gate)
                return _pending.Count;
        }
    }

    /// <summary>When the next timer fires; null when none is set.</summary>
    public DateTimeOffset? NextTimer
    {
        get
        {
            lock (_gate)
                return _pending.Count == 0 ? null : _pending.Values.Min(p => p.Due);
        }
    }

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _now;
    }

    /// <inheritdoc />
    public override long GetTimestamp()
    {
        lock (_gate)
            return (_now - _start).Ticks;
    }

    /// <summary>
    /// Moves the clock, and fires what comes due on the way, timers set by fired ones included. With zero it fires what is due now. When
    /// this returns, every callback has returned; tasks that a callback completed may still be running on.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        lock (_advancing)
        {
            var target = GetUtcNow() + by;
            while (TakeDue(target) is { } timer)
                timer.Fire();
            lock (_gate)
                _now = target;
        }
    }

    /// <summary>Waits until at least this many timers are pending.</summary>
    public Task WaitForTimersAsync(int count, CancellationToken cancellationToken = default)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_pending.Count >= count)
                return Task.CompletedTask;
            _waiting.Add((count, reached));
        }

        return reached.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    internal void Set(ManualTimer timer, TimeSpan dueTime)
    {
        lock (_gate)
        {
            _pending.Remove(timer);
            if (dueTime == Timeout.InfiniteTimeSpan)
                return;
            Enqueue(timer, _now + dueTime);
        }
    }

    private ManualTimer? TakeDue(DateTimeOffset target)
    {
        lock (_gate)
        {
            while (_queue.TryPeek(out var next, out var at) && at.Due <= target)
            {
                _queue.Dequeue();
                if (!_pending.TryGetValue(next.Timer, out var current) || current.Setting != next.Setting)
                    continue; // Changed or disposed since.
                _pending.Remove(next.Timer);
                _now = at.Due > _now ? at.Due : _now;
                if (next.Timer.Period is { } period)
                    Enqueue(next.Timer, _now + period);
                return next.Timer;
            }

            return null;
        }
    }

    private void Enqueue(ManualTimer timer, DateTimeOffset due)
    {
        var setting = ++_settings;
        _pending[timer] = (due, setting);
        _queue.Enqueue((timer, setting), (due, setting));
        foreach (var (_, reached) in _waiting.Where(w => w.Count <= _pending.Count))
            reached.TrySetResult();
        _waiting.RemoveAll(w => w.Reached.Task.IsCompleted);
    }
}
