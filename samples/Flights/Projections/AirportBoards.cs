using Flights.Events;
using Tidemark.Projections;

namespace Flights.Projections;

/// <summary>The week of one airport.</summary>
internal sealed record AirportBoard(string Airport)
{
    /// <summary>Flights that were to leave from here.</summary>
    public int Departures { get; init; }

    /// <summary>Flights that arrived here.</summary>
    public int Arrivals { get; init; }

    /// <summary>How many of the arrivals were late.</summary>
    public int LateArrivals { get; init; }

    /// <summary>The delays of the arrivals together.</summary>
    public long ArrivalDelayMinutes { get; init; }

    /// <summary>The delays with which the flights that left from here arrived elsewhere, together.</summary>
    public long SentDelayMinutes { get; init; }

    /// <summary>Departures and arrivals together.</summary>
    public int Movements => Departures + Arrivals;
}

/// <summary>
/// A multi-stream projection: events of many streams make one document. An arrival concerns two airports, so it names two keys. The boards
/// are kept across tenants, because the flights that arrive in a state left from others.
/// </summary>
internal sealed class AirportBoards : MultiStreamProjection<AirportBoard>
{
    /// <param name="partitions">How many shards keep the boards, each those of its airports.</param>
    public AirportBoards(int partitions)
    {
        Partitions = partitions;
        AcrossTenants = true;
        Key<FlightScheduled>(e => e.Data.Origin);
        Keys<FlightArrived>(e => [e.Data.Origin, e.Data.Destination]);

        Initial(airport => new AirportBoard(airport));
        On<FlightScheduled>((board, _) => board with { Departures = board.Departures + 1 });
        On<FlightArrived>((board, e) => board.Airport == e.Data.Destination ? Arrived(board, e.Data) : Sent(board, e.Data));
    }

    private static AirportBoard Arrived(AirportBoard board, FlightArrived flight) => board with
    {
        Arrivals = board.Arrivals + 1,
        LateArrivals = board.LateArrivals + (flight.DelayMinutes >= Delays.LateMinutes ? 1 : 0),
        ArrivalDelayMinutes = board.ArrivalDelayMinutes + flight.DelayMinutes,
    };

    private static AirportBoard Sent(AirportBoard board, FlightArrived flight) =>
        board with { SentDelayMinutes = board.SentDelayMinutes + flight.DelayMinutes };
}
