namespace Flights.Subscriber;

/// <summary>How far the subscriber is.</summary>
/// <param name="Starts">How often it was started.</param>
/// <param name="Arrivals">How many arrivals it has seen, late or not.</param>
/// <param name="Imported">How many flights the import had stored by the last of its entries that came.</param>
internal sealed record Standing(long Starts, long Arrivals, long Imported);
