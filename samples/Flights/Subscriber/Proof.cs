using Flights.Import;
using Flights.Projections;

namespace Flights.Subscriber;

/// <summary>What the subscriber has stored, compared with a direct count over the lines of the file of flights.</summary>
/// <param name="Flights">The flights that were imported.</param>
/// <param name="Late">How many of them arrived late, by the file.</param>
/// <param name="Stored">How many late arrivals the subscriber has stored.</param>
/// <param name="Missing">How many it has not.</param>
/// <param name="Twice">How many it has more than once.</param>
/// <param name="Unknown">How many it has that are not so in the file.</param>
internal sealed record Proof(int Flights, int Late, int Stored, int Missing, int Twice, int Unknown)
{
    /// <summary>Whether each took effect exactly once.</summary>
    public bool Holds => Missing == 0 && Twice == 0 && Unknown == 0;

    /// <summary>Compares.</summary>
    /// <param name="stored">What is stored.</param>
    /// <param name="file">All flights of the file, in its order.</param>
    /// <param name="imported">How many of them were imported; a few later ones may be stored too, when an import was interrupted.</param>
    /// <param name="airports">The airports, by code.</param>
    public static Proof Of(
        IReadOnlyList<Arrival> stored, IReadOnlyList<Flight> file, int imported, IReadOnlyDictionary<string, Airport> airports)
    {
        var late = file.Take(imported).Where(IsLate).Select(f => ArrivalOf(f, airports)).ToHashSet();
        var later = file.Skip(imported).Where(IsLate).Select(f => ArrivalOf(f, airports)).ToHashSet();
        var distinct = stored.ToHashSet();
        return new Proof(
            Math.Min(imported, file.Count),
            late.Count,
            stored.Count,
            Missing: late.Count(a => !distinct.Contains(a)),
            Twice: stored.Count - distinct.Count,
            Unknown: distinct.Count(a => !late.Contains(a) && !later.Contains(a)));
    }

    private static bool IsLate(Flight flight) => flight.DelayMinutes >= Delays.LateMinutes;

    private static Arrival ArrivalOf(Flight flight, IReadOnlyDictionary<string, Airport> airports) =>
        new(flight.Stream, airports[flight.Origin].State, flight.Origin, flight.Destination, flight.DelayMinutes);
}
