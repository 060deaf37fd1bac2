using Flights.Events;
using Tidemark.Projections;

namespace Flights.Projections;

/// <summary>The week of one connection.</summary>
internal sealed record RouteRecord(string Route)
{
    /// <summary>How far it is.</summary>
    public int Miles { get; init; }

    /// <summary>Flights scheduled.</summary>
    public int Flights { get; init; }

    /// <summary>Flights arrived.</summary>
    public int Arrived { get; init; }

    /// <summary>How many of them were late.</summary>
    public int Late { get; init; }

    /// <summary>Their delays together.</summary>
    public long DelayMinutes { get; init; }

    /// <summary>The longest of their delays; null until a flight arrives.</summary>
    public int? WorstDelayMinutes { get; init; }

    /// <summary>The mean of their delays.</summary>
    public double MeanDelayMinutes => Arrived == 0 ? 0 : (double)DelayMinutes / Arrived;
}

/// <summary>A multi-stream projection with one key for each event: statistics of every connection, across tenants.</summary>
internal sealed class RouteRecords : MultiStreamProjection<RouteRecord>
{
    public RouteRecords()
    {
        AcrossTenants = true;
        Key<FlightScheduled>(e => RouteOf(e.Data.Origin, e.Data.Destination));
        Key<FlightArrived>(e => RouteOf(e.Data.Origin, e.Data.Destination));

        Initial(route => new RouteRecord(route));
        On<FlightScheduled>((route, e) => route with { Flights = route.Flights + 1, Miles = e.Data.Miles });
        On<FlightArrived>((route, e) => route with
        {
            Arrived = route.Arrived + 1,
            Late = route.Late + (e.Data.DelayMinutes >= Delays.LateMinutes ? 1 : 0),
            DelayMinutes = route.DelayMinutes + e.Data.DelayMinutes,
            WorstDelayMinutes = Math.Max(route.WorstDelayMinutes ?? int.MinValue, e.Data.DelayMinutes),
        });
    }

    /// <summary>The key of a connection: <c>MCO-MSP</c>.</summary>
    public static string RouteOf(string origin, string destination) => $"{origin}-{destination}";
}
