namespace Flights.Report;

/// <summary>A tenant, and how many flights it has.</summary>
internal sealed record StateFigures(string State, long Flights);
