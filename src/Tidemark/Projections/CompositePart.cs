using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>A projection of a composite, with what it takes from each page.</summary>
internal sealed class CompositePart(Projection projection, Applier applier, IReadOnlyList<IDocumentSource> followed)
{
    private readonly List<RecordedEvent> _inputs = [];

    public Applier Applier { get; } = applier;

    /// <summary>
    /// The events of a page that concern the projection, each followed by the changes it caused in earlier stages, in their order.
    /// </summary>
    public IReadOnlyList<RecordedEvent> Select(IReadOnlyList<RecordedEvent> events)
    {
        _inputs.Clear();
        var changes = Changes();
        var next = 0;
        foreach (var e in events)
        {
            for (; next < changes.Count && changes[next].Position < e.Position; next++)
                _inputs.Add(changes[next]);
            if (projection.EventTypes is not { } types || types.Contains(e.Type!.ClrType))
                _inputs.Add(e);
        }

        for (; next < changes.Count; next++)
            _inputs.Add(changes[next]);
        return _inputs;
    }

    // Each source's changes are in position order already; the sort is stable, so at one position the earlier stage comes first.
    private IReadOnlyList<RecordedEvent> Changes() => followed.Count switch
    {
        0 => [],
        1 => followed[0].Changes,
        _ => [.. followed.SelectMany(f => f.Changes).OrderBy(c => c.Position)],
    };
}
