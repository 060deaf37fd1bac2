namespace Tidemark.AspNetCore;

/// <summary>
/// What may be delivered over one connection and not be answered, over all partitions. When nothing is open, one delivery may exceed it.
/// Thread-safe.
/// </summary>
internal sealed class MemberCredit(int eventsMax, long bytesMax)
{
    private readonly Lock _gate = new();
    private readonly Queue<(int Events, long Bytes, TaskCompletionSource Turn)> _waiting = new();
    private long _eventsMax = eventsMax;
    private long _bytesMax = bytesMax;
    private long _events;
    private long _bytes;
    private int _open;
    private bool _isOver;

    /// <summary>The most events of one delivery.</summary>
    public int EventsMax => (int)Math.Min(int.MaxValue, Interlocked.Read(ref _eventsMax));

    /// <summary>The most bytes of one delivery.</summary>
    public long BytesMax => Interlocked.Read(ref _bytesMax);

    /// <summary>Takes credit for a delivery, waiting for it in the order of the calls. What was taken is given back when it ends.</summary>
    public async ValueTask TakeAsync(int events, long bytes, CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_gate)
        {
            if (_isOver)
                throw new MemberLostException();
            if (_waiting.Count == 0 && Fits(events, bytes))
            {
                Take(events, bytes);
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((events, bytes, turn));
        }

        using var cancelled = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), turn);
        await turn.Task.ConfigureAwait(false);
    }

    /// <summary>A delivery was answered, or is void.</summary>
    public void Return(int events, long bytes)
    {
        lock (_gate)
        {
            _events -= events;
            _bytes -= bytes;
            _open--;
            LetThrough();
        }
    }

    /// <summary>The client takes more.</summary>
    public void Grow(int events, long bytes)
    {
        lock (_gate)
        {
            _eventsMax = Sum(_eventsMax, events);
            _bytesMax = Sum(_bytesMax, bytes);
            LetThrough();
        }
    }

    /// <summary>The connection has ended: who waits is let go.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true;
            while (_waiting.TryDequeue(out var next))
                next.Turn.TrySetException(new MemberLostException());
        }
    }

    private static long Sum(long one, long other) => one > long.MaxValue - other ? long.MaxValue : one + other;

    private bool Fits(int events, long bytes) => _open == 0 || (_events + events <= _eventsMax && _bytes + bytes <= _bytesMax);

    private void Take(int events, long bytes)
    {
        _events += events;
        _bytes += bytes;
        _open++;
    }

    private void LetThrough()
    {
        while (_waiting.TryPeek(out var next) && (next.Turn.Task.IsCompleted || Fits(next.Events, next.Bytes)))
        {
            _waiting.Dequeue();
            if (next.Turn.TrySetResult())
                Take(next.Events, next.Bytes);
        }
    }
}
