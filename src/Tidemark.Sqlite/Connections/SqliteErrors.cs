using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Tidemark.Sqlite.Connections;

/// <summary>
/// What SQLite's result codes mean for us. Errors stay <see cref="SqliteException"/>s with their codes; their messages say what to do.
/// </summary>
internal static class SqliteErrors
{
    private const string BusyTimeoutKey = $"{nameof(SqliteOptions)}.{nameof(SqliteOptions.BusyTimeout)}";
    private const string CannotOpenPrefix = "The database ";

    // Extended codes of SQLITE_IOERR that say the file or the disk itself is wrong; trying again cannot help.
    private static readonly int[] LastingIoErrors =
    [
        522,  // SHORT_READ
        8202, // DATA: a checksum does not fit
        8458, // CORRUPTFS
        6410, // GETTEMPPATH
        6666, // CONVPATH
        7178, // AUTH
    ];

    /// <summary>Whether the error may go away by itself.</summary>
    public static bool IsTransient(Exception error) => error is SqliteException e && e.SqliteErrorCode switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_PROTOCOL or raw.SQLITE_SCHEMA => true,
        raw.SQLITE_IOERR => Array.IndexOf(LastingIoErrors, e.SqliteExtendedErrorCode) < 0,
        _ => false,
    };

    /// <summary>Whether the error says that a lock is taken: nothing happened, and the same call can be made again.</summary>
    public static bool IsBusy(SqliteException e) => e.SqliteErrorCode is raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_PROTOCOL;

    /// <summary>Whether a value that must be unique is there already.</summary>
    public static bool IsNotUnique(SqliteException e) => e.SqliteExtendedErrorCode == raw.SQLITE_CONSTRAINT_UNIQUE;

    /// <summary>Whether a transaction that read an old snapshot wants to write.</summary>
    public static bool IsSnapshotTooOld(SqliteException e) => e.SqliteExtendedErrorCode == raw.SQLITE_BUSY_SNAPSHOT;

    /// <summary>Whether the connection should be opened anew after this error.</summary>
    public static bool SpoilsConnection(Exception error) => error is not SqliteException e || e.SqliteErrorCode is not
        (raw.SQLITE_ERROR or raw.SQLITE_BUSY or raw.SQLITE_CONSTRAINT or raw.SQLITE_FULL or raw.SQLITE_MISMATCH or raw.SQLITE_TOOBIG
            or raw.SQLITE_RANGE);

    /// <summary>The error when a lock was not to be had in time.</summary>
    public static SqliteException Busy(string path, TimeSpan waited) => new(
        $"The database '{path}' was locked by another connection for longer than {BusyTimeoutKey} ({waited}). " +
        "Look for a process that keeps a write transaction open on this file; the call can be repeated.",
        raw.SQLITE_BUSY,
        raw.SQLITE_BUSY);

    /// <summary>The error when this process's own writer was not to be had in time.</summary>
    public static SqliteException GateBusy(string path, TimeSpan waited) => new(
        $"The one writer of the database '{path}' was taken for longer than {BusyTimeoutKey} ({waited}), by a transaction of " +
        "this process. Code that runs inside a transaction must write with that transaction, and transactions should be " +
        "short; the call can be repeated.",
        raw.SQLITE_BUSY,
        raw.SQLITE_BUSY);

    /// <summary>Whether there is something to add to the error's message.</summary>
    public static bool CanExplain(SqliteException e) => Explanation(e, "") is not null;

    /// <summary>The same error with a message that says what to do.</summary>
    public static SqliteException Explain(SqliteException e, string path) =>
        new(Explanation(e, path) ?? e.Message, e.SqliteErrorCode, e.SqliteExtendedErrorCode);

    /// <summary>The error of a call after the store was closed.</summary>
    public static ObjectDisposedException Closed(string path) => new(nameof(SqliteStorage), $"The store on '{path}' is closed.");

    /// <summary>An error of making the folder or finding the file.</summary>
    public static SqliteException CannotOpen(string path, string why) => new(
        $"{CannotOpenPrefix}'{path}' cannot be opened: {why}", raw.SQLITE_CANTOPEN, raw.SQLITE_CANTOPEN);

    private static string? Explanation(SqliteException e, string path) => e.SqliteErrorCode switch
    {
        raw.SQLITE_NOTADB =>
            $"The file '{path}' is no SQLite database (or an encrypted one). It was left as it is. " +
            "Give the path of a Tidemark database or of a new file.",
        raw.SQLITE_CANTOPEN when !e.Message.StartsWith(CannotOpenPrefix, StringComparison.Ordinal) =>
            $"{CannotOpenPrefix}'{path}' cannot be opened ({e.Message}). Check that the path is right, that this process may read and " +
            "write the file and its folder, and that the limit of open files is not reached.",
        raw.SQLITE_READONLY or raw.SQLITE_PERM =>
            $"The database '{path}' cannot be written ({e.Message}). SQLite needs the right to write the file, the files beside it that " +
            "end in -wal and -shm, and their folder. Grant it to the user this process runs as, or choose another path.",
        raw.SQLITE_FULL =>
            $"The disk that holds the database '{path}' is full. Nothing of this write was stored. Free some space, then repeat it.",
        raw.SQLITE_CORRUPT =>
            $"The database '{path}' is damaged ({e.Message}). Stop its users, keep a copy of all its files, look at " +
            "PRAGMA integrity_check, and restore a backup.",
        raw.SQLITE_ERROR when e.Message.Contains("no such table: tidemark_", StringComparison.Ordinal) ||
            e.Message.Contains("no such table: sqlite_sequence", StringComparison.Ordinal) =>
            $"The database '{path}' lacks tables of Tidemark ({e.Message}). Apply the schema first.",
        _ => null,
    };
}
