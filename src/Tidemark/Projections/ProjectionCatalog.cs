using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>The registered projections of a store.</summary>
internal sealed class ProjectionCatalog
{
    private readonly IReadOnlyList<ProjectionRegistration> _all;

    public ProjectionCatalog(IReadOnlyList<ProjectionRegistration> all, EventTypeRegistry types)
    {
        _all = all;
        Check(types);
    }

    public IEnumerable<Projection> Of(ProjectionLifecycle lifecycle) => _all.Where(r => r.Lifecycle == lifecycle).Select(r => r.Projection);

    /// <summary>Whether a projection, or a stage of a composite, has a name.</summary>
    public bool Has(string name) => _all.SelectMany(r => PartsOf(r.Projection).Append(r.Projection)).Any(p => p.Name == name);

    public Projection Find(string name) =>
        _all.FirstOrDefault(r => r.Projection.Name == name)?.Projection
        ?? throw new ArgumentException(
            _all.Select(r => r.Projection).FirstOrDefault(p => PartsOf(p).Any(part => part.Name == name)) is { } composite
                ? $"Projection '{name}' is a stage of composite '{composite.Name}', which runs as one; name that."
                : $"There is no projection '{name}'; there are: {string.Join(", ", _all.Select(r => r.Projection.Name))}.",
            nameof(name));

    public SingleStreamProjection<TDocument> FoldOf<TDocument>()
        where TDocument : class =>
        Single<TDocument, SingleStreamProjection<TDocument>>(
            _all.SelectMany(r => PartsOf(r.Projection)).Where(p => !p.Inputs.NeedEarlierStage), null, "single-stream");

    public Projection DocumentsOf<TDocument>(string? name)
        where TDocument : class =>
        Single<TDocument, DocumentProjection<TDocument>>(
            _all.Where(r => r.Lifecycle != ProjectionLifecycle.Live).SelectMany(r => PartsOf(r.Projection)), name, "stored document");

    /// <summary>The projections that keep read models: a composite's parts, or the projection itself.</summary>
    private static IEnumerable<Projection> PartsOf(Projection projection) =>
        projection is CompositeProjection composite ? composite.Parts : [projection];

    private static TProjection Single<TDocument, TProjection>(IEnumerable<Projection> projections, string? name, string what)
        where TProjection : Projection
    {
        var found = projections.OfType<TProjection>().Where(p => name is null || p.Name == name).ToArray();
        return found.Length switch
        {
            1 => found[0],
            0 => throw new InvalidOperationException(
                $"No {what} projection{(name is null ? "" : $" named '{name}'")} with document type {typeof(TDocument).Name} is " +
                $"registered. Register one with AddProjection."),
            _ => throw new InvalidOperationException(
                $"Several {what} projections have document type {typeof(TDocument).Name}: " +
                $"{string.Join(", ", found.Select(p => p.Name))}. Name the one you mean."),
        };
    }

    private void Check(EventTypeRegistry types)
    {
        var names = _all.Select(r => r.Projection)
            .SelectMany(p => p is CompositeProjection composite ? composite.Parts.Select(c => c.Name).Append(p.Name) : [p.Name]);
        foreach (var same in names.GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1))
            throw new InvalidOperationException($"Two projections are named '{same.Key}'; give one another Name.");
        var views = _all.Where(r => r.Lifecycle != ProjectionLifecycle.Live)
            .SelectMany(r => r.Projection.Schema.ViewNames.Select(v => (View: v, r.Projection.Name)));
        foreach (var same in views.GroupBy(v => v.View, StringComparer.Ordinal).Where(g => g.Count() > 1))
            throw new InvalidOperationException($"The read model '{same.Key}' belongs to several projections: " +
                $"{string.Join(", ", same.Select(s => s.Name))}. Give one another ReadModel.");
        foreach (var (projection, lifecycle) in _all)
        {
            if (projection.RaisesEffects && lifecycle != ProjectionLifecycle.Async)
                throw new InvalidOperationException(
                    $"Projection '{projection.Name}' raises side effects and cannot be {lifecycle}; register it as async.");
            if (projection.Inputs.NeedEarlierStage)
                throw new InvalidOperationException($"Projection '{projection.Name}' looks up or follows documents of an earlier stage; " +
                    $"make it a later stage of a CompositeProjection.");
            if (projection.EventTypes is { Count: 0 })
                throw new InvalidOperationException($"Projection '{projection.Name}' handles no event types; name its handlers in its " +
                    $"constructor.");
            if (projection is CompositeProjection && lifecycle != ProjectionLifecycle.Async)
                throw new InvalidOperationException($"The composite projection '{projection.Name}' cannot be {lifecycle}; register it as " +
                    $"async.");
            if (lifecycle == ProjectionLifecycle.Live && !IsSingleStream(projection.GetType()))
                throw new InvalidOperationException($"Projection '{projection.Name}' cannot be live: only single-stream projections " +
                    $"are folded when asked for.");
            if (projection.Partitions > 1 && (projection is CompositeProjection || projection.RaisesEffects))
                throw new InvalidOperationException($"Projection '{projection.Name}' cannot have {projection.Partitions} partitions: a " +
                    $"composite, and one that raises side effects, runs as one shard. Leave Partitions at 1.");
            if (projection.KeepsTenantsApart && projection.MeetsTenants is { } problem)
                throw new InvalidOperationException($"Projection '{projection.Name}' cannot keep tenants apart: {problem}. Leave " +
                    $"KeepsTenantsApart out.");
            _ = projection.TypeNames(types);
        }
    }

    private static bool IsSingleStream(Type? type)
    {
        for (; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(SingleStreamProjection<>))
                return true;
        }

        return false;
    }
}
