namespace Flights.Subscriber;

/// <summary>What a delivery holds, as far as the subscriber keeps it.</summary>
/// <param name="Arrivals">How many arrivals, late or not.</param>
/// <param name="Late">Those that are late.</param>
/// <param name="Imported">How many flights the import has stored, by its last entry among the events; 0 when there is none.</param>
internal sealed record Delivered(int Arrivals, IReadOnlyList<Arrival> Late, int Imported);
