using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>What a projection's handlers take: events of the log, changes of earlier stages' documents, and look-ups in them.</summary>
internal sealed class ProjectionInputs
{
    private readonly HashSet<Type> _events = [];
    private readonly HashSet<Type> _changes = [];
    private readonly Dictionary<Type, List<LookupDeclaration>> _lookups = [];

    /// <summary>The event types handled.</summary>
    public IReadOnlyCollection<Type> Events => _events;

    /// <summary>The kinds of <see cref="Changed{TDocument}"/> handled.</summary>
    public IReadOnlyCollection<Type> Changes => _changes;

    /// <summary>The look-ups by the type of event they are declared for.</summary>
    public IReadOnlyDictionary<Type, List<LookupDeclaration>> Lookups => _lookups;

    /// <summary>Whether it raises side effects.</summary>
    public bool Raises { get; set; }

    /// <summary>Whether the projection works only as a later stage.</summary>
    public bool NeedEarlierStage => _changes.Count > 0 || _lookups.Count > 0;

    public void Handle(Type type) => (typeof(IChanged).IsAssignableFrom(type) ? _changes : _events).Add(type);

    public void Lookup<TEvent, TOther>(Func<Event<TEvent>, string?> key)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(key);
        Lookup(typeof(TEvent), new LookupDeclaration(typeof(TOther), (e, all) => all.Add(key(new Event<TEvent>(e)))));
    }

    public void LookupMany<TEvent, TOther>(Func<Event<TEvent>, IEnumerable<string>> keys)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(keys);
        Lookup(typeof(TEvent), new LookupDeclaration(typeof(TOther), (e, all) => all.AddRange(keys(new Event<TEvent>(e)))));
    }

    private void Lookup(Type type, LookupDeclaration declaration)
    {
        if (!_lookups.TryGetValue(type, out var all))
            _lookups.Add(type, all = []);
        all.Add(declaration);
    }
}

/// <summary>A look-up: the keys of an earlier stage's documents that an event needs.</summary>
internal sealed record LookupDeclaration(Type Document, Action<RecordedEvent, List<string?>> Keys);
