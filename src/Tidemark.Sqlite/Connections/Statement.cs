using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Tidemark.Sqlite.Connections;

/// <summary>
/// A prepared statement of one session. It works on the native statement, because the ADO.NET command waits for locks by blocking its
/// thread, looks parameters up by name at each call, and turns UTF-8 into strings and back. Parameters are counted from 1, columns from 0.
/// Disposing gives the statement back to its session, reset; the session finalizes it.
/// </summary>
internal sealed class Statement(sqlite3 database, sqlite3_stmt native) : IDisposable
{
    private const int StackBytes = 1024;

    /// <summary>Binds an integer.</summary>
    public Statement Bind(int parameter, long value)
    {
        Check(raw.sqlite3_bind_int64(native, parameter, value));
        return this;
    }

    /// <summary>Binds a floating point number.</summary>
    public Statement Bind(int parameter, double value)
    {
        Check(raw.sqlite3_bind_double(native, parameter, value));
        return this;
    }

    /// <summary>Binds text; null binds NULL.</summary>
    public Statement Bind(int parameter, string? value)
    {
        if (value is null)
            return BindNull(parameter);
        if (value.Length > StackBytes / 3)
        {
            Check(raw.sqlite3_bind_text(native, parameter, value));
            return this;
        }

        Span<byte> utf8 = stackalloc byte[StackBytes];
        return BindUtf8(parameter, utf8[..Encoding.UTF8.GetBytes(value, utf8)]);
    }

    /// <summary>Binds text that is UTF-8 already.</summary>
    public Statement BindUtf8(int parameter, ReadOnlySpan<byte> utf8)
    {
        // An empty span has no address, which SQLite would take for NULL.
        Check(utf8.IsEmpty ? raw.sqlite3_bind_text(native, parameter, "") : raw.sqlite3_bind_text(native, parameter, utf8));
        return this;
    }

    /// <summary>Binds an id as 16 bytes in big-endian order.</summary>
    public Statement Bind(int parameter, Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        Check(raw.sqlite3_bind_blob(native, parameter, bytes));
        return this;
    }

    /// <summary>Binds an id; null binds NULL.</summary>
    public Statement Bind(int parameter, Guid? value) => value is { } id ? Bind(parameter, id) : BindNull(parameter);

    /// <summary>Binds an integer; null binds NULL.</summary>
    public Statement Bind(int parameter, long? value) => value is { } number ? Bind(parameter, number) : BindNull(parameter);

    /// <summary>Binds NULL.</summary>
    public Statement BindNull(int parameter)
    {
        Check(raw.sqlite3_bind_null(native, parameter));
        return this;
    }

    /// <summary>Goes to the next row; false when there is none.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(native);
        if (code == raw.SQLITE_ROW)
            return true;
        if (code != raw.SQLITE_DONE)
            Check(code);
        return false;
    }

    /// <summary>Runs the statement to its end, and makes it ready for the next run. The parameters stay bound.</summary>
    public void Run()
    {
        try
        {
            while (Step())
            {
            }
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Makes the statement ready for the next run. The parameters stay bound.</summary>
    public void Reset() => _ = raw.sqlite3_reset(native); // It repeats the code of the step that failed, which was raised then.

    /// <summary>Whether a column is NULL.</summary>
    public bool IsNull(int column) => raw.sqlite3_column_type(native, column) == raw.SQLITE_NULL;

    /// <summary>An integer column; 0 for NULL.</summary>
    public long Int64(int column) => raw.sqlite3_column_int64(native, column);

    /// <summary>A text column.</summary>
    public string Text(int column) => Encoding.UTF8.GetString(Utf8(column));

    /// <summary>The bytes of a text column, valid until the next step; empty for NULL.</summary>
    public ReadOnlySpan<byte> Utf8(int column) => raw.sqlite3_column_blob(native, column);

    /// <summary>An id column.</summary>
    public Guid Id(int column) => new(raw.sqlite3_column_blob(native, column), bigEndian: true);

    /// <inheritdoc />
    public void Dispose() => Reset();

    /// <summary>Ends the statement's life.</summary>
    public void Close() => native.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            SqliteException.ThrowExceptionForRC(code, database);
    }
}
