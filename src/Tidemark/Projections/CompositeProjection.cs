using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>
/// Several projections as one: one shard reads the events once, and one transaction moves one checkpoint with all their read models. They
/// stand in stages; a later stage sees what the earlier ones made of the same event, by <c>Lookup</c> and by
/// <see cref="Changed{TDocument}"/>.
/// </summary>
/// <remarks>
/// Guarantees: each event takes effect in every stage, or in none; a failing handler of any stage is handled as one of the composite, and
/// an event that its policy skips is skipped in all stages. What a later stage sees depends on the events alone, so a rebuild, another size
/// of commits, or a batch that is tried again gives the same read models. All read models share the composite's
/// <see cref="Projection.Version"/> and generations, and are swapped in one transaction. A document that later stages look up or follow
/// must be immutable: a handler returns a new object for a changed one. Composites are async.
/// </remarks>
public abstract class CompositeProjection : Projection
{
    private readonly List<Projection> _parts = [];

    internal IReadOnlyList<Projection> Parts => _parts;

    internal override ReadModelSchema Schema => new CompositeSchema(ReadModel, [.. _parts.Select(p => p.Schema)]);

    internal override IReadOnlyCollection<Type>? EventTypes =>
        _parts.Exists(p => p.EventTypes is null) ? null : [.. _parts.SelectMany(p => p.EventTypes!).Distinct()];

    internal override bool KeepsRowsByTenant => _parts.TrueForAll(p => p.KeepsTenantsApart);

    internal override string? MeetsTenants =>
        base.MeetsTenants ?? _parts.Select(p => p.MeetsTenants).FirstOrDefault(problem => problem is not null);

    internal override bool OpensTransactions => _parts.Exists(p => p.OpensTransactions);

    internal override bool RaisesEffects => _parts.Exists(p => p.RaisesEffects);

    /// <summary>
    /// Adds a stage. Its projections see the documents of the stages before it, not each other's. Each keeps its own name and read model.
    /// </summary>
    /// <param name="projections">The stage's projections; not composites.</param>
    /// <exception cref="ArgumentException">
    /// A projection cannot be part of this composite; the message says why and what to do.
    /// </exception>
    protected void Stage(params IReadOnlyList<Projection> projections)
    {
        ArgumentNullException.ThrowIfNull(projections);
        if (projections.Count == 0)
            throw new ArgumentException($"A stage of composite '{Name}' has no projections; give at least one.", nameof(projections));
        Projection[] earlier = [.. _parts];
        foreach (var part in projections)
        {
            ArgumentNullException.ThrowIfNull(part, nameof(projections));
            if (Problem(part, earlier) is { } problem)
                throw new ArgumentException(
                    $"Projection '{part.Name}' cannot be a stage of composite '{Name}': {problem}", nameof(projections));
            _parts.Add(part);
        }
    }

    internal override Applier MakeApplier(ApplierContext context) => new CompositeApplier(this, context);

    private string? Problem(Projection part, Projection[] earlier)
    {
        if (part is CompositeProjection)
            return "it is a composite itself. Add its projections as stages.";
        if (part.Version != 1)
            return $"it has version {part.Version} of its own, but all stages share the composite's. Raise that one.";
        if (part.Errors is not null || part.ErrorsWhileRebuilding is not null)
            return "it has error options of its own, but an event fails for all stages. Set them on the composite.";
        if (_parts.Exists(p => p.Name == part.Name))
            return "another stage has this name. Give one another Name.";
        var taken = _parts.SelectMany(p => p.Schema.ViewNames);
        if (part.Schema.ViewNames.Intersect(taken, StringComparer.Ordinal).FirstOrDefault() is { } view)
            return $"another stage has the read model '{view}' too. Give one another ReadModel.";
        if (part.EventTypes is { Count: 0 } && part.Inputs.Changes.Count == 0)
            return "it handles no event types. Name its handlers in its constructor.";
        return part.Inputs.Lookups.Keys.FirstOrDefault(t => !part.Inputs.Events.Contains(t) && !part.Inputs.Changes.Contains(t)) is { } idle
            ? $"it looks documents up for {idle.Name}, which it does not handle. Add a handler, or leave the look-up out."
            : MissingSource(part, earlier);
    }

    private static string? MissingSource(Projection part, Projection[] earlier)
    {
        var wanted = part.Inputs.Lookups.Values.SelectMany(d => d).Select(d => d.Document)
            .Concat(part.Inputs.Changes.Select(c => c.GetGenericArguments()[0])).Distinct();
        foreach (var document in wanted)
        {
            var sources = earlier.Where(p => p.DocumentType == document).Select(p => p.Name).ToArray();
            if (sources.Length == 0)
                return $"it needs {document.Name} documents, which no earlier stage makes. Add their projection to an earlier stage.";
            if (sources.Length > 1)
                return $"it needs {document.Name} documents, which several earlier projections make ({string.Join(", ", sources)}). " +
                    "Give them different document types.";
        }

        return null;
    }
}
