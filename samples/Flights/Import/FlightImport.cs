using System.Collections.Frozen;
using Flights.Events;
using Flights.Projections;
using Tidemark;
using Tidemark.Events;

namespace Flights.Import;

/// <summary>
/// Stores the flights as events: a stream for each flight, in the tenant of the state it leaves from. An import that was interrupted goes
/// on where its ledger ends; the few flights stored after the last entry are found by their event ids and not stored again.
/// </summary>
internal sealed class FlightImport(EventStore store, IReadOnlyList<Flight> flights, IReadOnlyDictionary<string, Airport> airports)
{
    /// <summary>The stream of the ledger, in the default tenant.</summary>
    public const string Ledger = "import-" + FlightData.Source;

    private const int FlightsPerEntry = 5_000;
    private const int AppendsInFlightMax = 1_000;

    private readonly FrozenDictionary<string, EventStore> _stores = airports.Values
        .Select(airport => airport.State)
        .Distinct(StringComparer.Ordinal)
        .ToFrozenDictionary(state => state, state => store.ForTenant(state), StringComparer.Ordinal);

    private int _done;
    private int _appended;

    /// <summary>How many flights are stored, those of earlier runs included.</summary>
    public int Done => Volatile.Read(ref _done);

    /// <summary>How many flights this run has stored.</summary>
    public int Appended => Volatile.Read(ref _appended);

    /// <summary>How many flights there are to store.</summary>
    public int Total => flights.Count;

    /// <summary>Imports what is not there yet.</summary>
    /// <param name="cancellationToken">Takes no further flight; appends already in flight are waited for.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // The ledger is an inline projection: it is as new as the events themselves.
        var ledger = await store.Documents<ImportLedger>().FindAsync(Ledger, cancellationToken);
        _done = Math.Min(ledger?.Flights ?? 0, flights.Count);
        while (_done < flights.Count)
        {
            var part = flights.Skip(_done).Take(FlightsPerEntry);
            var options = new ParallelOptions { MaxDegreeOfParallelism = AppendsInFlightMax, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(part, options, async (flight, _) => await StoreAsync(flight));
            await EnterAsync(_done);
        }
    }

    // Many callers append at the same time, each to a stream of its own; the store commits them in groups.
    private async Task StoreAsync(Flight flight)
    {
        var state = airports[flight.Origin].State;
        var result = await _stores[state].AppendAsync(flight.Stream, ExpectedVersion.NoStream, flight.ToEvents());
        Interlocked.Increment(ref _done);
        if (!result.WasStoredBefore)
            Interlocked.Increment(ref _appended);
    }

    private async Task EnterAsync(int done)
    {
        var entry = new NewEvent(new ImportAdvanced(FlightData.Source, done)) { Id = EventIds.Of(DateTime.UnixEpoch, Ledger, done) };
        await store.AppendAsync(Ledger, ExpectedVersion.Any, [entry]);
    }
}
