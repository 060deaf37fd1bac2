namespace Tidemark.PostgreSql;

/// <summary>
/// Hands the hints that come in on the coordination database's one listening connection to those who listen for a tenant database.
/// Thread-safe.
/// </summary>
internal sealed class TenantHints
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Action>> _listeners = new(StringComparer.Ordinal);
    private TaskCompletionSource _begun = New();
    private TaskCompletionSource? _ended;

    /// <summary>The connection listens now.</summary>
    /// <returns>To be given to <see cref="End"/>.</returns>
    public object Begin()
    {
        lock (_gate)
        {
            // A former connection that is still being closed is no longer the one that counts.
            _ended?.TrySetResult();
            _ended = New();
            _begun.TrySetResult();
            return _ended;
        }
    }

    /// <summary>The connection no longer listens.</summary>
    public void End(object listening)
    {
        lock (_gate)
        {
            if (listening != _ended)
                return;
            _begun = New();
            _ended.TrySetResult();
            _ended = null;
        }
    }

    /// <summary>A hint for a tenant database came in.</summary>
    public void Wake(string database)
    {
        Action[] listeners;
        lock (_gate)
            listeners = _listeners.TryGetValue(database, out var found) ? [.. found] : [];
        foreach (var wake in listeners)
            wake();
    }

    /// <summary>
    /// Waits until the connection listens, wakes once, and then for each hint. Returns when the connection has ended: what is hinted from
    /// then on is lost.
    /// </summary>
    public async Task ListenAsync(string database, Action wake, CancellationToken cancellationToken)
    {
        Action listener = () => wake(); // Of our own, so that each call takes out its own.
        var ended = await JoinAsync(database, listener, cancellationToken).ConfigureAwait(false);
        try
        {
            wake();
            await ended.WaitAsync(cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested(); // Both were ended at once: that is no broken connection.
        }
        finally
        {
            lock (_gate)
            {
                var listeners = _listeners[database];
                listeners.Remove(listener);
                if (listeners.Count == 0)
                    _listeners.Remove(database);
            }
        }
    }

    private async Task<Task> JoinAsync(string database, Action listener, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task begun;
            lock (_gate)
            {
                if (_ended is { } listening)
                {
                    if (!_listeners.TryGetValue(database, out var listeners))
                        _listeners.Add(database, listeners = []);
                    listeners.Add(listener);
                    return listening.Task;
                }

                begun = _begun.Task;
            }

            await begun.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
