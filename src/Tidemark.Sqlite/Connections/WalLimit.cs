namespace Tidemark.Sqlite.Connections;

/// <summary>
/// Keeps the write-ahead log bounded. Commits copy it into the database by themselves when it has grown by a quarter of the limit, but the
/// file only starts anew when no reader stands in it; when it passes the limit all the same, it is emptied. journal_size_limit cuts a log
/// that starts anew to the limit. Used under the writer's gate.
/// </summary>
internal sealed class WalLimit
{
    private readonly string _path;
    private readonly long _bytesMax;
    private long _tryAt;

    /// <summary>Watches the log of a file.</summary>
    public WalLimit(DatabaseFile file, long bytesMax)
    {
        _path = file.WalPath;
        _bytesMax = bytesMax;
        _tryAt = bytesMax;
    }

    /// <summary>Looks at the size after a commit, and empties the log when it is time.</summary>
    public void Keep(SqliteSession session)
    {
        var bytes = Size();
        if (bytes < _bytesMax)
            _tryAt = _bytesMax;
        if (bytes < _tryAt)
            return;
        // A reader may stand in the log, and each try waits a little for it; so the next one comes only after some growth.
        _tryAt = session.TruncateWal() ? _bytesMax : bytes + (_bytesMax / 4);
    }

    private long Size()
    {
        var wal = new FileInfo(_path);
        return wal.Exists ? wal.Length : 0;
    }
}
