namespace Flights.Import;

/// <summary>An airport.</summary>
/// <param name="Code">Its IATA code.</param>
/// <param name="City">The city it serves.</param>
/// <param name="State">The state it lies in; in this sample, the tenant of the flights that leave from it.</param>
internal sealed record Airport(string Code, string City, string State);
