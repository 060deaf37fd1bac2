using Tidemark.HighWater;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite;

/// <summary>
/// Hints by looking: SQLite keeps a number that changes whenever another connection commits, of this process or of another one. A
/// connection of its own looks at it in short intervals, so commits need not tell anybody. Leases are hinted at only when their counter,
/// that of tenants or of subscriptions, or the newest operator command has moved: a node's heartbeat is a commit, too.
/// </summary>
internal sealed class SqliteWakeUp(SqliteDatabase database) : IWakeUpChannel
{
    /// <inheritdoc />
    public bool CanListen => true;

    /// <inheritdoc />
    public ValueTask NotifyAsync(WakeUp what, CancellationToken cancellationToken) => default;

    /// <inheritdoc />
    public async Task ListenAsync(Action<WakeUp> wake, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wake);
        cancellationToken.ThrowIfCancellationRequested();
        using var watcher = await database.Readers.Busy.RunAsync(database.File.OpenWatcher, cancellationToken).ConfigureAwait(false);
        var seen = await LookAsync(DataVersion).ConfigureAwait(false);
        var seenLeases = await LookAsync(LeaseChanges).ConfigureAwait(false);
        wake(WakeUp.Appended); // What was committed before the first look is seen by none of the later ones.
        wake(WakeUp.Leases);
        using var timer = new PeriodicTimer(database.WatchInterval, database.Time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            // The version first: a commit between the two looks is looked at again.
            var version = await LookAsync(DataVersion).ConfigureAwait(false);
            if (version == seen)
                continue;
            seen = version;
            wake(WakeUp.Appended);
            var leases = await LookAsync(LeaseChanges).ConfigureAwait(false);
            if (leases == seenLeases)
                continue;
            seenLeases = leases;
            wake(WakeUp.Leases);
        }

        ValueTask<T> LookAsync<T>(Func<SqliteSession, T> look) => database.Readers.Busy.RunAsync(() => look(watcher), cancellationToken);
    }

    private static long DataVersion(SqliteSession watcher)
    {
        using var row = watcher.Prepare(SqlText.ReadDataVersion);
        return row.Step() ? row.Int64(0) : 0;
    }

    private static (long Change, long LastCommand, long TenantChange, long SubscriptionChange) LeaseChanges(SqliteSession watcher)
    {
        using var row = watcher.Prepare(SqlText.LookAtLeases);
        return row.Step() ? (row.Int64(0), row.Int64(1), row.Int64(2), row.Int64(3)) : default;
    }
}
