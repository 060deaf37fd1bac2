using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Tidemark.Sqlite.Connections;

/// <summary>A connection with its prepared statements. Used by one caller at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    private const int StatementsMax = 256; // Texts with the names of read models come and go; the others are about eighty.

    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);
    private readonly bool _ownsConnection;

    private SqliteSession(SqliteConnection connection, bool ownsConnection)
    {
        Connection = connection;
        _ownsConnection = ownsConnection;
    }

    /// <summary>The connection.</summary>
    public SqliteConnection Connection { get; }

    /// <summary>Strings that occur again and again in rows.</summary>
    public Utf8Interner Names { get; } = new();

    /// <summary>Whether a transaction is open.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(Native) == 0;

    private sqlite3 Native => Connection.Handle
        ?? throw new ObjectDisposedException(nameof(SqliteSession), "The connection to the SQLite database is closed.");

    /// <summary>Takes over an open connection.</summary>
    public static SqliteSession Own(SqliteConnection connection) => new(connection, ownsConnection: true);

    /// <summary>Uses a connection of the application; only the statements are closed with the session.</summary>
    public static SqliteSession Borrow(SqliteConnection connection) => new(connection, ownsConnection: false);

    /// <summary>A prepared statement, kept for the next time. Dispose it after use; one text can be used only once at a time.</summary>
    public Statement Prepare(string sql)
    {
        if (_statements.TryGetValue(sql, out var statement))
            return statement;
        if (_statements.Count == StatementsMax)
            CloseStatements();
        statement = Make(sql);
        _statements.Add(sql, statement);
        return statement;
    }

    /// <summary>Runs statements once, without keeping them.</summary>
    public void Execute(string sql)
    {
        // The text may hold several statements; a prepared one is made of the first, the rest follows.
        for (var rest = sql; !string.IsNullOrWhiteSpace(rest);)
        {
            var code = raw.sqlite3_prepare_v2(Native, rest, out var native, out rest);
            if (code != raw.SQLITE_OK)
                SqliteException.ThrowExceptionForRC(code, Native);
            if (native.IsInvalid)
                continue;
            var statement = new Statement(Native, native);
            try
            {
                statement.Run();
            }
            finally
            {
                statement.Close();
            }
        }
    }

    /// <summary>Reads with several statements that see the same state.</summary>
    public T InSnapshot<T>(Func<T> read)
    {
        Prepare(SqlText.BeginSnapshot).Run();
        try
        {
            return read();
        }
        finally
        {
            Prepare(SqlText.Rollback).Run(); // Nothing was written; this ends the snapshot.
        }
    }

    /// <summary>How many rows the last INSERT, UPDATE or DELETE touched.</summary>
    public int Changes() => raw.sqlite3_changes(Native);

    /// <summary>Whether a statement somebody left open is still in the middle of its rows; it would keep an old snapshot alive.</summary>
    public bool HasOpenStatement()
    {
        var native = Native;
        var statement = raw.sqlite3_next_stmt(native, null!);
        while (statement is { IsInvalid: false })
        {
            if (raw.sqlite3_stmt_busy(statement) != 0)
                return true;
            statement = raw.sqlite3_next_stmt(native, statement);
        }

        return false;
    }

    /// <summary>Runs a checkpoint that waits for readers as long as the native busy timeout, then empties the write-ahead log.</summary>
    /// <returns>Whether the log was emptied.</returns>
    public bool TruncateWal() =>
        raw.sqlite3_wal_checkpoint_v2(Native, "main", raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _) == raw.SQLITE_OK;

    /// <inheritdoc />
    public void Dispose()
    {
        CloseStatements();
        if (_ownsConnection)
            Connection.Dispose();
    }

    private Statement Make(string sql)
    {
        const uint persistent = 1; // SQLITE_PREPARE_PERSISTENT: the statement lives long.
        var code = raw.sqlite3_prepare_v3(Native, sql, persistent, out var native);
        if (code != raw.SQLITE_OK)
            SqliteException.ThrowExceptionForRC(code, Native);
        return new Statement(Native, native);
    }

    private void CloseStatements()
    {
        foreach (var statement in _statements.Values)
            statement.Close();
        _statements.Clear();
    }
}
