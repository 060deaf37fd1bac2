namespace Flights.Events;

/// <summary>
/// A flight arrived. The event repeats which flight it was, so that read models across streams (a route, a day, an hour) need no look-up.
/// </summary>
/// <param name="Departure">When it was to leave, in the local time of the origin.</param>
/// <param name="Origin">Where it came from.</param>
/// <param name="Destination">Where it arrived.</param>
/// <param name="DelayMinutes">How late it was; negative when it was early.</param>
internal sealed record FlightArrived(DateTime Departure, string Origin, string Destination, int DelayMinutes);
