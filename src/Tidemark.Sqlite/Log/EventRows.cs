using Tidemark.Events;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite.Log;

/// <summary>Reads events from statements that select the columns in the order of read_page.sql.</summary>
internal static class EventRows
{
    /// <summary>The event of the current row.</summary>
    public static RecordedEvent Read(SqliteSession session, Statement row) => new(
        new Position(row.Int64(0)),
        TenantId.Trusted(session.Names.Get(row.Utf8(1))),
        StreamId.Trusted(row.Text(2)),
        new StreamVersion(row.Int64(3)),
        row.Id(4),
        session.Names.Get(row.Utf8(5)),
        row.Utf8(6).ToArray(),
        row.Utf8(7).ToArray(),
        Microseconds.ToMoment(row.Int64(8)),
        (short)row.Int64(9));

    /// <summary>The events of all rows.</summary>
    public static List<RecordedEvent> ReadAll(SqliteSession session, Statement rows)
    {
        var events = new List<RecordedEvent>();
        while (rows.Step())
            events.Add(Read(session, rows));
        return events;
    }
}
