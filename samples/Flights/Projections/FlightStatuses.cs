using Flights.Events;
using Tidemark.Projections;

namespace Flights.Projections;

/// <summary>Where a flight stands.</summary>
internal sealed record FlightStatus(DateTime Departure, string Origin, string Destination, int Miles)
{
    /// <summary>How late it arrived; null until it does.</summary>
    public int? DelayMinutes { get; init; }
}

/// <summary>A single-stream projection: a document for each flight, folded from the flight's stream and kept in its tenant.</summary>
internal sealed class FlightStatuses : SingleStreamProjection<FlightStatus>
{
    public FlightStatuses()
    {
        Create<FlightScheduled>(e => new FlightStatus(e.Data.Departure, e.Data.Origin, e.Data.Destination, e.Data.Miles));
        On<FlightArrived>((flight, e) => flight with { DelayMinutes = e.Data.DelayMinutes });
    }
}
