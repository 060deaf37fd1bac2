namespace Flights.Events;

/// <summary>An airline put a flight on its schedule. The first event of a flight's stream.</summary>
/// <param name="Departure">When it is to leave, in the local time of the origin.</param>
/// <param name="Origin">The airport it leaves from, by its IATA code.</param>
/// <param name="Destination">The airport it goes to.</param>
/// <param name="Miles">How far that is.</param>
internal sealed record FlightScheduled(DateTime Departure, string Origin, string Destination, int Miles);
