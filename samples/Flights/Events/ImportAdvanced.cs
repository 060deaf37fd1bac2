namespace Flights.Events;

/// <summary>All flights of a source up to a line of it are stored. The events of an import's ledger stream.</summary>
/// <param name="Source">The source's name.</param>
/// <param name="Flights">How many flights, counted from the first line.</param>
internal sealed record ImportAdvanced(string Source, int Flights);
