using Tidemark.Events;
using Tidemark.HighWater;

namespace Tidemark.Tests.Fixtures;

/// <summary>A high-water mark that a test sets.</summary>
internal sealed class ScriptedMarks : IHighWaterSource
{
    private readonly AsyncPulse _read = new();
    private long _mark;
    private long _last;
    private int _reads;

    /// <summary>What reading throws; null for nothing.</summary>
    public volatile Exception? Error;

    public int Reads => Volatile.Read(ref _reads);

    public void Set(long mark, long? last = null)
    {
        Volatile.Write(ref _last, last ?? mark);
        Volatile.Write(ref _mark, mark);
    }

    public ValueTask<HighWaterReading> ReadAsync(Position known, CancellationToken cancellationToken)
    {
        var mark = Volatile.Read(ref _mark);
        var last = Volatile.Read(ref _last);
        Interlocked.Increment(ref _reads);
        _read.Fire();
        return Error is { } error ? throw error : ValueTask.FromResult(new HighWaterReading(new(mark), new(last)));
    }

    public ValueTask<IReadOnlyList<HighWaterBlocker>> ReadBlockersAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<HighWaterBlocker>>([]);

    /// <summary>Waits until the mark was read so often.</summary>
    public async Task ReadsReachAsync(int count)
    {
        while (true)
        {
            var next = _read.Next;
            if (Reads >= count)
                return;
            await next.InTime();
        }
    }
}

/// <summary>A channel for hints that a test opens, breaks, and listens to.</summary>
internal sealed class ScriptedChannel : IWakeUpChannel
{
    private readonly AsyncPulse _changed = new();
    private int _sent;
    private int _opened;
    private volatile TaskCompletionSource? _listening;
    private volatile Action<WakeUp>? _wake;

    public bool CanListen { get; init; } = true;

    public volatile Exception? SendError;

    public int Sent => Volatile.Read(ref _sent);

    /// <summary>What the last hint was about.</summary>
    public WakeUp? SentLast { get; private set; }

    public ValueTask NotifyAsync(WakeUp what, CancellationToken cancellationToken)
    {
        SentLast = what;
        Interlocked.Increment(ref _sent);
        _changed.Fire();
        return SendError is { } error ? throw error : ValueTask.CompletedTask;
    }

    public async Task ListenAsync(Action<WakeUp> wake, CancellationToken cancellationToken)
    {
        _wake = wake;
        _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Increment(ref _opened);
        wake(WakeUp.Appended);
        wake(WakeUp.Leases);
        _changed.Fire();
        await _listening.Task.WaitAsync(cancellationToken);
    }

    public void Hint(WakeUp what = WakeUp.Appended) => _wake!(what);

    public void Break() => _listening!.SetException(new AwayException("The channel broke."));

    public Task OpenedAsync(int times = 1) => UntilAsync(() => Volatile.Read(ref _opened) >= times);

    public Task SentAsync(int times) => UntilAsync(() => Sent >= times);

    private async Task UntilAsync(Func<bool> condition)
    {
        while (true)
        {
            var next = _changed.Next;
            if (condition())
                return;
            await next.InTime();
        }
    }
}
