using Microsoft.Data.Sqlite;

namespace Tidemark.Sqlite.Connections;

/// <summary>
/// Repeats what fails because a lock is taken, with growing pauses that block no thread, up to the busy timeout.
/// Only for calls that did nothing when they fail so: taking a lock, or reading.
/// </summary>
internal sealed class BusyWait(DatabaseFile file, TimeSpan timeout, TimeProvider time)
{
    /// <summary>How often it looks at least: locks have no queue, so who looks seldom starves.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);

    /// <summary>Makes the call until it gets its lock.</summary>
    /// <exception cref="SqliteException">Busy for too long, or another error, explained.</exception>
    public async ValueTask<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken)
    {
        long? started = null;
        var pause = FirstPause;
        while (true)
        {
            try
            {
                return call();
            }
            catch (SqliteException e) when (SqliteErrors.IsBusy(e) && !SqliteErrors.IsSnapshotTooOld(e))
            {
                started ??= time.GetTimestamp();
                if (time.GetElapsedTime(started.Value) >= timeout)
                    throw SqliteErrors.Busy(file.Path, timeout);
            }
            catch (SqliteException e) when (SqliteErrors.CanExplain(e))
            {
                throw SqliteErrors.Explain(e, file.Path);
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }
}
