using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using Tidemark.Benchmarks.Workload;

namespace Tidemark.Benchmarks.Stores;

/// <summary>What SQLite does on one connection with native prepared statements, under the same pragmas as Tidemark's.</summary>
internal static class SqliteLimits
{
    private const int PageEvents = 2000;

    private const string Insert = """
        INSERT INTO tidemark_events (position, stream_key, version, slot, recorded_at, event_id, type, tenant, stream, metadata, data)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', ?8, NULL, ?9)
        """;

    private const string Page = """
        SELECT position, tenant, stream, version, event_id, type, data, metadata, recorded_at, slot
        FROM tidemark_events
        WHERE position > ?1 AND position <= ?2 AND archived = 0
        ORDER BY position
        LIMIT ?3
        """;

    private static long _position;

    /// <summary>Inserts events, some a transaction, for a while.</summary>
    /// <returns>Events per second.</returns>
    public static double Append(string file, int rows, TimeSpan duration)
    {
        using var connection = Open(file);
        var database = connection.Handle!;
        using var begin = Prepare(database, "BEGIN IMMEDIATE");
        using var insert = Prepare(database, Insert);
        using var commit = Prepare(database, "COMMIT");
        var started = Stopwatch.GetTimestamp();
        long count = 0;
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            Run(database, begin);
            for (var i = 0; i < rows; i++)
            {
                Bind(insert, ++_position);
                Run(database, insert);
            }

            Run(database, commit);
            count += rows;
        }

        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Reads and decodes the whole log.</summary>
    /// <returns>Events per second.</returns>
    public static double Read(string file)
    {
        using var connection = Open(file);
        using var page = Prepare(connection.Handle!, Page);
        var started = Stopwatch.GetTimestamp();
        long events = 0;
        long after = 0;
        int count;
        do
        {
            raw.sqlite3_bind_int64(page, 1, after);
            raw.sqlite3_bind_int64(page, 2, long.MaxValue);
            raw.sqlite3_bind_int64(page, 3, PageEvents);
            for (count = 0; raw.sqlite3_step(page) == raw.SQLITE_ROW; count++)
                after = ReadRow(page);
            raw.sqlite3_reset(page);
            events += count;
        }
        while (count == PageEvents);
        return events / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static long ReadRow(sqlite3_stmt row)
    {
        var check = raw.sqlite3_column_int64(row, 3) + raw.sqlite3_column_int64(row, 8) + raw.sqlite3_column_int64(row, 9);
        var id = new Guid(raw.sqlite3_column_blob(row, 4), bigEndian: true);
        var tenant = raw.sqlite3_column_text(row, 1).utf8_to_string();
        var stream = raw.sqlite3_column_text(row, 2).utf8_to_string();
        var data = Orders.Decode(raw.sqlite3_column_text(row, 5).utf8_to_string(), raw.sqlite3_column_blob(row, 6));
        var metadata = raw.sqlite3_column_type(row, 7);
        GC.KeepAlive((check, id, tenant, stream, metadata));
        GC.KeepAlive(data);
        return raw.sqlite3_column_int64(row, 0);
    }

    private static void Bind(sqlite3_stmt insert, long position)
    {
        var stream = (int)(position % Orders.Streams);
        var version = 1 + (position / Orders.Streams);
        Span<byte> id = stackalloc byte[16];
        Guid.CreateVersion7().TryWriteBytes(id, bigEndian: true, out _);
        raw.sqlite3_bind_int64(insert, 1, position);
        raw.sqlite3_bind_int64(insert, 2, stream);
        raw.sqlite3_bind_int64(insert, 3, version);
        raw.sqlite3_bind_int64(insert, 4, stream % 1024);
        raw.sqlite3_bind_int64(insert, 5, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000);
        raw.sqlite3_bind_blob(insert, 6, id);
        raw.sqlite3_bind_text(insert, 7, Orders.TypeName(version));
        raw.sqlite3_bind_text(insert, 8, Orders.Stream(stream).Value);
        raw.sqlite3_bind_text(insert, 9, Orders.Json(version, stream).AsSpan());
    }

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA cache_size = -32768;
            PRAGMA mmap_size = 268435456;
            PRAGMA temp_store = MEMORY;
            PRAGMA wal_autocheckpoint = 4096;
            """;
        command.ExecuteNonQuery();
        return connection;
    }

    private static sqlite3_stmt Prepare(sqlite3 database, string sql)
    {
        if (raw.sqlite3_prepare_v2(database, sql, out var statement) != raw.SQLITE_OK)
            throw new InvalidOperationException($"SQLite refuses a statement of the limit: " +
                $"{raw.sqlite3_errmsg(database).utf8_to_string()}");
        return statement;
    }

    private static void Run(sqlite3 database, sqlite3_stmt statement)
    {
        if (raw.sqlite3_step(statement) != raw.SQLITE_DONE)
            throw new InvalidOperationException($"A statement of the limit failed: {raw.sqlite3_errmsg(database).utf8_to_string()}");
        raw.sqlite3_reset(statement);
    }
}
