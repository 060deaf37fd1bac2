using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Tidemark.Sqlite.Connections;

/// <summary>The database file and how its connections are opened.</summary>
internal sealed class DatabaseFile
{
    // A lock held by another process is waited for natively only this long, because that blocks the thread; BusyWait goes on from there.
    private const int NativeBusyMilliseconds = 10;
    private const long MmapBytes = 256L << 20;
    private const int PageBytes = 4096;

    private readonly SqliteOptions _options;
    private string? _nativeName;

    static DatabaseFile() => Batteries_V2.Init();

    /// <summary>Takes validated options. Nothing is opened yet.</summary>
    public DatabaseFile(SqliteOptions options)
    {
        _options = options;
        Path = System.IO.Path.GetFullPath(options.Path);
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>The path of the write-ahead log.</summary>
    public string WalPath => Path + "-wal";

    /// <summary>Whether there is a file.</summary>
    public bool Exists => File.Exists(Path);

    /// <summary>Opens the connection that writes, and puts the file into WAL mode.</summary>
    /// <param name="create">Whether to make the file and its folders when they are absent; otherwise that is an error, because the path may
    /// be a slip.</param>
    public SqliteSession OpenWriter(bool create)
    {
        if (create)
            MakeFolder();
        else
            CheckExists();
        var session = Open(create ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite);
        try
        {
            session.Connection.Handle!.enable_sqlite3_next_stmt(true);
            SetWalMode(session);
            session.Execute(string.Create(
                CultureInfo.InvariantCulture,
                $"""
                PRAGMA synchronous = {(_options.Synchronous == SqliteSynchronous.Full ? "FULL" : "NORMAL")};
                PRAGMA cache_size = -{Math.Max(1, _options.CacheBytes / 2 / 1024)};
                PRAGMA mmap_size = {MmapBytes};
                PRAGMA temp_store = MEMORY;
                PRAGMA journal_size_limit = {_options.WalBytesMax};
                PRAGMA wal_autocheckpoint = {Math.Max(1, _options.WalBytesMax / 4 / PageBytes)};
                """));
            _ = session.TruncateWal(); // Another process may be reading; then the log is emptied later.
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that reads.</summary>
    public SqliteSession OpenReader() => OpenReading(_options.CacheBytes / 2 / _options.ReadersMax, MmapBytes);

    /// <summary>Opens a connection that only looks whether something changed.</summary>
    public SqliteSession OpenWatcher() => OpenReading(cacheBytes: 16 * 1024, mmapBytes: 0);

    /// <summary>Whether a connection of the application is open on this very file.</summary>
    public bool IsOf(SqliteConnection connection)
    {
        // SQLite's own name of the file has symbolic links resolved, so it is the same however the path was written.
        _nativeName ??= NativeName();
        return string.Equals(_nativeName, NameOf(connection), StringComparison.Ordinal);
    }

    private static string? NameOf(SqliteConnection connection) =>
        connection.Handle is null ? null : raw.sqlite3_db_filename(connection.Handle, "main").utf8_to_string();

    private string? NativeName()
    {
        using var session = OpenWatcher();
        return NameOf(session.Connection);
    }

    // Not opened as read-only: a reader that comes first after a crash must be able to recover the write-ahead log. query_only refuses
    // writes instead.
    private SqliteSession OpenReading(long cacheBytes, long mmapBytes)
    {
        CheckExists();
        var session = Open(SqliteOpenMode.ReadWrite);
        try
        {
            session.Execute(string.Create(
                CultureInfo.InvariantCulture,
                $"""
                PRAGMA query_only = ON;
                PRAGMA cache_size = -{Math.Max(1, cacheBytes / 1024)};
                PRAGMA mmap_size = {mmapBytes};
                PRAGMA temp_store = MEMORY;
                """));
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private SqliteSession Open(SqliteOpenMode mode)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = Path, Mode = mode, Pooling = false };
        var connection = new SqliteConnection(settings.ToString());
        try
        {
            connection.Open();
            _ = raw.sqlite3_busy_timeout(connection.Handle!, NativeBusyMilliseconds);
            return SqliteSession.Own(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void CheckExists()
    {
        if (!File.Exists(Path))
            throw SqliteErrors.CannotOpen(Path, "there is no such file yet. Apply the schema, which makes it, or check the path.");
    }

    private void SetWalMode(SqliteSession session)
    {
        string mode;
        using (var statement = session.Prepare("PRAGMA journal_mode = WAL"))
            mode = statement.Step() ? statement.Text(0) : "";
        if (!string.Equals(mode, "wal", StringComparison.OrdinalIgnoreCase))
        {
            throw SqliteErrors.CannotOpen(
                Path,
                $"its journal mode stays '{mode}' instead of WAL, which needs a local file system with shared memory. " +
                "Choose a path on a local disk.");
        }
    }

    private void MakeFolder()
    {
        var folder = System.IO.Path.GetDirectoryName(Path);
        if (string.IsNullOrEmpty(folder))
            return;
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw SqliteErrors.CannotOpen(
                Path, $"its folder cannot be made ({e.Message}). Grant the right to make it, or choose another path.");
        }
    }
}
