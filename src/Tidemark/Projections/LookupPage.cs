using Tidemark.Events;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>The look-ups of a page: all keys first, then one round trip for each earlier projection that lacks some.</summary>
internal sealed class LookupPage
{
    private readonly string _projection;
    private readonly Dictionary<Type, (LookupDeclaration Declaration, IDocumentSource Source)[]> _declared;
    private readonly IDocumentSource[] _sources;
    private readonly Lookups _lookups = new();
    private readonly List<int> _ends = [];
    private readonly List<string?> _keys = [];

    private LookupPage(Projection projection, IReadOnlyList<IDocumentSource> earlier)
    {
        _projection = projection.Name;
        _declared = projection.Inputs.Lookups.ToDictionary(
            d => d.Key, d => d.Value.Select(l => (l, earlier.Single(s => s.Document == l.Document))).ToArray());
        _sources = [.. _declared.Values.SelectMany(d => d).Select(d => d.Source).Distinct()];
        foreach (var source in _sources)
            source.KeepStates();
    }

    /// <summary>What a projection needs; null when it looks nothing up.</summary>
    public static LookupPage? For(Projection projection, ApplierContext context) =>
        projection.Inputs.Lookups.Count == 0 ? null : new LookupPage(projection, context.Earlier);

    /// <summary>Gathers and loads what a page needs.</summary>
    public async ValueTask LoadAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellationToken)
    {
        Clear();
        foreach (var e in events)
        {
            Gather(e);
            _ends.Add(_lookups.Count);
        }

        foreach (var source in _sources)
            await source.LoadWantedAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the event with a number in the page sees.</summary>
    public Lookups At(int index, RecordedEvent e) => _lookups.Show(index == 0 ? 0 : _ends[index - 1], _ends[index], e.Position);

    public void Clear()
    {
        _lookups.Clear();
        _ends.Clear();
    }

    private void Gather(RecordedEvent e)
    {
        if (!_declared.TryGetValue(e.Type!.ClrType, out var declared))
            return;
        foreach (var (declaration, source) in declared)
        {
            _keys.Clear();
            try
            {
                declaration.Keys(e, _keys);
            }
            catch (Exception error)
            {
                throw new ApplyEventException(_projection, e, error);
            }

            foreach (var key in _keys)
                _lookups.Add(declaration.Document, key, string.IsNullOrEmpty(key) ? null : source.Want(e.Tenant, key));
        }
    }
}
