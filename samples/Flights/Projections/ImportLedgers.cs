using Flights.Events;
using Tidemark.Projections;

namespace Flights.Projections;

/// <summary>How far a source is imported.</summary>
internal sealed record ImportLedger(string Source, int Flights);

/// <summary>The ledger of imports. Inline: it changes in the transaction of the append, so that an import knows where it stands.</summary>
internal sealed class ImportLedgers : SingleStreamProjection<ImportLedger>
{
    public ImportLedgers()
    {
        Create<ImportAdvanced>(e => new ImportLedger(e.Data.Source, e.Data.Flights));
        On<ImportAdvanced>((ledger, e) => ledger with { Flights = Math.Max(ledger.Flights, e.Data.Flights) });
    }
}
