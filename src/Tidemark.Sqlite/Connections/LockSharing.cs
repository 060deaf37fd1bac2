namespace Tidemark.Sqlite.Connections;

/// <summary>
/// Says when a writer has to leave the write lock of the file free for a moment. The lock has no queue: others look for it every few
/// milliseconds, so a process that takes it again at once, write after write, would keep it from them for as long as it has more to write,
/// and they would lose their leases meanwhile. Used under the writer's gate.
/// </summary>
internal sealed class LockSharing(TimeProvider time)
{
    /// <summary>How long the lock stays free: who waits for it looks at least twice.</summary>
    public static readonly TimeSpan Break = BusyWait.LongestPause * 2;

    // A writer that has seen nobody else write gives up a hundredth of its time, in case that somebody new waits.
    private static readonly TimeSpan HeldMax = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan HeldMaxAlone = Break * 100;
    private static readonly TimeSpan AloneAfter = TimeSpan.FromMinutes(1);

    private TimeSpan _held; // In sum, since the lock was last free, or another's, for the length of a break.
    private long _taken;
    private long? _released;
    private (SqliteSession Session, long Version)? _seen;
    private long? _othersWrote;

    /// <summary>Whether this writer has held the lock for so long that others might lack it.</summary>
    public bool HasHeldLong => _held >= HeldMax;

    /// <summary>Whether this writer has held the lock for long without a break, and others may be waiting.</summary>
    public bool IsBreakDue(SqliteSession session) =>
        HasHeldLong && !HasBeenFree(time.GetTimestamp()) && (_held >= HeldMaxAlone || SeesOthers(session));

    /// <summary>This writer has made its break.</summary>
    public void Rested() => _held = TimeSpan.Zero;

    /// <summary>This writer has taken the lock.</summary>
    public void Took()
    {
        _taken = time.GetTimestamp();
        if (HasBeenFree(_taken))
            Rested();
    }

    /// <summary>This writer has let go of the lock.</summary>
    public void Released()
    {
        _released = time.GetTimestamp();
        _held += time.GetElapsedTime(_taken, _released.Value);
    }

    private bool HasBeenFree(long now) => _released is { } released && time.GetElapsedTime(released, now) >= Break;

    // SQLite's number of the file's state changes when another connection has written, not by one's own writes. Each connection has numbers
    // of its own.
    private bool SeesOthers(SqliteSession session)
    {
        using var row = session.Prepare(SqlText.ReadDataVersion);
        var version = row.Step() ? row.Int64(0) : 0;
        if (_seen is { } before && before.Session == session && before.Version != version)
            _othersWrote = time.GetTimestamp();
        _seen = (session, version);
        return _othersWrote is { } wrote && time.GetElapsedTime(wrote) < AloneAfter;
    }
}
