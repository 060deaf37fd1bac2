namespace Flights.Report;

/// <summary>A row of <c>long_delays</c>.</summary>
internal sealed record LongDelay(string Flight, string State, string Origin, string Destination, int DelayMinutes);
