namespace Flights.Report;

/// <summary>A row of <c>daily_punctuality</c>.</summary>
internal sealed record DayFigures(DateOnly Day, long Scheduled, long Miles, long Arrived, long OnTime, long DelayMinutes);
