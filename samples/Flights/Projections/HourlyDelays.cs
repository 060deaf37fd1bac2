using Flights.Events;
using Tidemark.Projections;

namespace Flights.Projections;

/// <summary>A flat table as a histogram: a row for each hour of departure, a column for each class of delay.</summary>
internal sealed class HourlyDelays : FlatTableProjection
{
    /// <summary>The classes of delay, in order.</summary>
    public static readonly string[] Classes = ["early", "on_time", "late", "very_late", "long_delay"];

    public HourlyDelays()
    {
        KeyColumn("hour");
        Column("flights", ColumnType.Integer, notNull: true);
        Column("delay_minutes", ColumnType.Integer, notNull: true);
        foreach (var name in Classes)
            Column(name, ColumnType.Integer, notNull: true);

        On<FlightArrived>(e => HourOf(e.Data.Departure), (row, e) =>
        {
            row.Increment("flights");
            row.Increment("delay_minutes", e.Data.DelayMinutes);
            row.Increment(ClassOf(e.Data.DelayMinutes));
        });
    }

    /// <summary>The key of an hour: <c>15</c> for 15:00 to 15:59.</summary>
    public static string HourOf(DateTime departure) => departure.ToString("HH");

    /// <summary>The class of a delay.</summary>
    public static string ClassOf(int delayMinutes) => delayMinutes switch
    {
        < 0 => "early",
        < Delays.LateMinutes => "on_time",
        < 60 => "late",
        < Delays.LongMinutes => "very_late",
        _ => "long_delay",
    };
}
