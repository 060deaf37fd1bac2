using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>
/// A document per stream, folded from that stream's events. The document's key is the stream's name, its tenant the stream's tenant.
/// </summary>
/// <typeparam name="TDocument">The document.</typeparam>
public abstract class SingleStreamProjection<TDocument> : DocumentProjection<TDocument>
    where TDocument : class
{
    internal sealed override Applier MakeApplier(ApplierContext context) =>
        new DocumentApplier<TDocument>(this, static (e, keys) => keys.Add(new DocumentKey(e.Tenant, e.StreamId.Value)), context);

    /// <summary>Folds events of one stream in memory; those it has no handler for change nothing.</summary>
    internal TDocument? FoldAll(TDocument? document, IEnumerable<RecordedEvent> events)
    {
        foreach (var e in events)
        {
            if (e.Type is not null && Steps.TryGetValue(e.Type.ClrType, out var steps))
                document = Fold(steps, document, e.StreamId.Value, e, Lookups.None);
        }

        return document;
    }
}
