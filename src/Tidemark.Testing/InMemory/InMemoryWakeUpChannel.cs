using Tidemark.HighWater;

namespace Tidemark.Testing.InMemory;

/// <summary>Hints between the nodes of a test that share one database in memory.</summary>
internal sealed class InMemoryWakeUpChannel : IWakeUpChannel
{
    private readonly Lock _gate = new();
    private readonly List<Action<WakeUp>> _listeners = [];

    public bool CanListen => true;

    public ValueTask NotifyAsync(WakeUp what, CancellationToken cancellationToken)
    {
        Action<WakeUp>[] listeners;
        lock (_gate)
            listeners = [.. _listeners];
        foreach (var wake in listeners)
            wake(what);
        return ValueTask.CompletedTask;
    }

    public async Task ListenAsync(Action<WakeUp> wake, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wake);
        // A delegate of our own, so that the same action can listen twice and each call takes out its own.
        Action<WakeUp> listener = what => wake(what);
        lock (_gate)
            _listeners.Add(listener);
        wake(WakeUp.Appended);
        wake(WakeUp.Leases);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
                _listeners.Remove(listener);
        }
    }
}
