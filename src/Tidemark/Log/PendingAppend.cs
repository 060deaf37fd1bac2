namespace Tidemark.Log;

/// <summary>An append that waits for its flush, and its caller's result. Its caller may leave only while it is not yet taken.</summary>
internal sealed class PendingAppend(StreamAppend append)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Left = 2;

    private readonly TaskCompletionSource<AppendOutcome> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;

    public StreamAppend Append { get; } = append;

    public int Bytes { get; } = SumBytes(append.Events);

    public Task<AppendOutcome> Result => _result.Task;

    /// <summary>The flush takes it; false when its caller has left.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>
    /// The caller leaves; false when the flush has it already, and its outcome will be unknown to a caller who goes all the same.
    /// </summary>
    public bool TryLeave() => Interlocked.CompareExchange(ref _state, Left, Waiting) == Waiting;

    public void Complete(AppendOutcome outcome) => _result.TrySetResult(outcome);

    public void Fail(Exception error) => _result.TrySetException(error);

    private static int SumBytes(EncodedEvent[] events)
    {
        var sum = 0;
        foreach (var e in events)
            sum += e.Bytes;
        return sum;
    }
}
