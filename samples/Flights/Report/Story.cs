using Flights.Projections;

namespace Flights.Report;

/// <summary>One flight, folded from its stream when asked for.</summary>
/// <param name="Stream">Its stream.</param>
/// <param name="State">Its tenant.</param>
/// <param name="Told">What happened to it.</param>
/// <param name="Before">What was known of it after the first event.</param>
/// <param name="Now">What is known of it now.</param>
internal sealed record Story(string Stream, string State, FlightStory Told, FlightStatus Before, FlightStatus Now);
