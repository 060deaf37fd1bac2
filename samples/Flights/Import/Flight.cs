using System.Globalization;
using Flights.Events;
using Tidemark.Events;

namespace Flights.Import;

/// <summary>A line of the flight file: one leg of one day.</summary>
/// <param name="Departure">When it was to leave, in the local time of the origin.</param>
/// <param name="Origin">Where it left from.</param>
/// <param name="Destination">Where it went.</param>
/// <param name="Miles">How far that is.</param>
/// <param name="DelayMinutes">How late it arrived; negative when early.</param>
/// <param name="Ordinal">1, or more when several airlines fly the same leg at the same minute.</param>
internal sealed record Flight(DateTime Departure, string Origin, string Destination, int Miles, int DelayMinutes, int Ordinal)
{
    /// <summary>The flight's stream, named by what makes a flight unique: <c>2001-01-06T15:01-MCO-MSP</c>.</summary>
    public string Stream { get; } = string.Create(
        CultureInfo.InvariantCulture, $"{Departure:yyyy-MM-dd'T'HH:mm}-{Origin}-{Destination}{(Ordinal == 1 ? "" : $"-{Ordinal}")}");

    /// <summary>What happened to it. The ids follow from stream and version, so that storing it again stores nothing twice.</summary>
    public NewEvent[] ToEvents() =>
    [
        new(new FlightScheduled(Departure, Origin, Destination, Miles)) { Id = EventIds.Of(Departure, Stream, 1) },
        new(new FlightArrived(Departure, Origin, Destination, DelayMinutes)) { Id = EventIds.Of(Departure, Stream, 2) },
    ];
}
