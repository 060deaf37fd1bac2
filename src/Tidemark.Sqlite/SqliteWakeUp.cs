using Tidemark.HighWater;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite;

/// <summary>
/// Hints by looking: SQLite keeps a number that changes whenever another connection commits, of this process or of another one. A
/// connection of its own looks at it in short intervals, so commits need not tell anybody.
/// </summary>
internal sealed class SqliteWakeUp(SqliteDatabase database) : IWakeUpChannel
{
    /// <inheritdoc />
    public bool CanListen => true;

    /// <inheritdoc />
    public ValueTask NotifyAsync(CancellationToken cancellationToken) => default;

    /// <inheritdoc />
    public async Task ListenAsync(Action wake, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wake);
        cancellationToken.ThrowIfCancellationRequested();
        using var watcher = await database.Readers.Busy.RunAsync(database.File.OpenWatcher, cancellationToken).ConfigureAwait(false);
        var seen = await LookAsync().ConfigureAwait(false);
        wake(); // What was committed before the first look is seen by none of the later ones.
        wake();
        using var timer = new PeriodicTimer(database.WatchInterval, database.Time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            var version = await LookAsync().ConfigureAwait(false);
            if (version == seen)
                continue;
            seen = version;
            wake();
        }

        ValueTask<long> LookAsync() => database.Readers.Busy.RunAsync(() => DataVersion(watcher), cancellationToken);
    }

    private static long DataVersion(SqliteSession watcher)
    {
        using var row = watcher.Prepare(SqlText.ReadDataVersion);
        return row.Step() ? row.Int64(0) : 0;
    }
}
