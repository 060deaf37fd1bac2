namespace Tidemark.HighWater;

/// <summary>
/// A pulse that many may await: <see cref="Fire"/> completes every task handed out before it. Take <see cref="Next"/> first, then look,
/// then await.
/// </summary>
internal sealed class AsyncPulse
{
    private TaskCompletionSource? _next;

    /// <summary>Completes at the next pulse.</summary>
    public Task Next
    {
        get
        {
            var seen = Volatile.Read(ref _next);
            if (seen is not null)
                return seen.Task;
            var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _next, made, null) ?? made).Task;
        }
    }

    /// <summary>Completes the tasks handed out so far.</summary>
    public void Fire() => Interlocked.Exchange(ref _next, null)?.TrySetResult();
}
