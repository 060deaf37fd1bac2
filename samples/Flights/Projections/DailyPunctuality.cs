using Flights.Events;
using Tidemark.Projections;

namespace Flights.Projections;

/// <summary>A flat table: a row for each day, whose columns the events increment. For SQL, charts and reports.</summary>
internal sealed class DailyPunctuality : FlatTableProjection
{
    public DailyPunctuality()
    {
        KeyColumn("day");
        Column("scheduled", ColumnType.Integer, notNull: true);
        Column("miles", ColumnType.Integer, notNull: true);
        Column("arrived", ColumnType.Integer, notNull: true);
        Column("on_time", ColumnType.Integer, notNull: true);
        Column("delay_minutes", ColumnType.Integer, notNull: true);

        On<FlightScheduled>(e => DayOf(e.Data.Departure), (row, e) =>
        {
            row.Increment("scheduled");
            row.Increment("miles", e.Data.Miles);
        });
        On<FlightArrived>(e => DayOf(e.Data.Departure), (row, e) =>
        {
            row.Increment("arrived");
            row.Increment("on_time", e.Data.DelayMinutes < Delays.LateMinutes ? 1 : 0);
            row.Increment("delay_minutes", e.Data.DelayMinutes);
        });
    }

    /// <summary>The key of a day: <c>2001-01-06</c>.</summary>
    public static string DayOf(DateTime departure) => departure.ToString("yyyy-MM-dd");
}
