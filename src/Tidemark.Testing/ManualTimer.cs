namespace Tidemark.Testing;

/// <summary>A timer of a <see cref="ManualClock"/>.</summary>
internal sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
{
    private readonly ExecutionContext? _context = ExecutionContext.Capture();
    private bool _disposed;

    /// <summary>How often it fires again; null for once.</summary>
    public TimeSpan? Period { get; private set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed)
            return false;
        Period = period == Timeout.InfiniteTimeSpan || period == TimeSpan.Zero ? null : period;
        clock.Set(this, dueTime);
        return true;
    }

    public void Fire()
    {
        if (_context is null)
            callback(state);
        else
            ExecutionContext.Run(_context, s => callback(s), state);
    }

    public void Dispose()
    {
        _disposed = true;
        clock.Set(this, Timeout.InfiniteTimeSpan);
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
