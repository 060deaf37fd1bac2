namespace Flights.Report;

/// <summary>A row of <c>hourly_delays</c>.</summary>
internal sealed record HourFigures(int Hour, long Flights, long DelayMinutes, IReadOnlyDictionary<string, long> Classes);
