using Flights.Projections;

namespace Flights.Report;

/// <summary>Everything that the projections know, as the report needs it.</summary>
internal sealed record WeekFigures(
    IReadOnlyList<DayFigures> Days,
    IReadOnlyList<HourFigures> Hours,
    IReadOnlyList<StateFigures> States,
    IReadOnlyList<LongDelay> LongDelays,
    IReadOnlyList<AirportBoard> Airports,
    IReadOnlyList<RouteRecord> Routes)
{
    /// <summary>Flights scheduled.</summary>
    public long Flights => Days.Sum(d => d.Scheduled);

    /// <summary>Miles scheduled.</summary>
    public long Miles => Days.Sum(d => d.Miles);

    /// <summary>The part of the arrivals that was on time.</summary>
    public double OnTimeShare => Share(Days.Sum(d => d.OnTime), Days.Sum(d => d.Arrived));

    /// <summary>The mean delay of the arrivals in minutes.</summary>
    public double MeanDelayMinutes => Share(Days.Sum(d => d.DelayMinutes), Days.Sum(d => d.Arrived));

    /// <summary>A part of a whole; 0 when there is no whole.</summary>
    public static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
