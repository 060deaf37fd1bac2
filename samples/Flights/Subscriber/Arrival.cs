namespace Flights.Subscriber;

/// <summary>A late arrival, as the subscriber keeps it.</summary>
internal sealed record Arrival(string Flight, string State, string Origin, string Destination, int DelayMinutes);
