using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>What single-stream and multi-stream projections share: a document per key, folded from events.</summary>
/// <typeparam name="TDocument">
/// The document. Best an immutable record; a handler may also change and return the object it was given.
/// </typeparam>
public abstract class DocumentProjection<TDocument> : Projection
    where TDocument : class
{
    private readonly Dictionary<Type, FoldSteps<TDocument>> _steps = [];
    private Func<string, TDocument>? _initial;

    private protected DocumentProjection()
    {
    }

    internal override ReadModelSchema Schema => new DocumentSchema(ReadModel);

    internal override IReadOnlyCollection<Type> EventTypes => Inputs.Events;

    internal override bool KeepsRowsByTenant => true;

    internal override Type DocumentType => typeof(TDocument);

    internal IReadOnlyDictionary<Type, FoldSteps<TDocument>> Steps => _steps;

    /// <summary>
    /// An event makes the document; when there is one already, it is made anew, unless <c>On</c> handles the event too.
    /// </summary>
    protected void Create<TEvent>(Func<Event<TEvent>, TDocument> create)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(create);
        Of<TEvent>().Create = (e, _) => create(new Event<TEvent>(e));
    }

    /// <summary>The same, by documents of earlier stages too; see <see cref="Lookup{TEvent, TOther}"/>.</summary>
    protected void Create<TEvent>(Func<Event<TEvent>, Lookups, TDocument> create)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(create);
        Of<TEvent>().Create = (e, found) => create(new Event<TEvent>(e), found);
    }

    /// <summary>
    /// An event changes the document; null deletes it. Without a document the event has no effect, unless <see cref="Initial"/> or
    /// <c>Create</c> makes one.
    /// </summary>
    protected void On<TEvent>(Func<TDocument, Event<TEvent>, TDocument?> change)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(change);
        Of<TEvent>().Change = (document, e, _) => change(document, new Event<TEvent>(e));
    }

    /// <summary>The same, by documents of earlier stages too; see <see cref="Lookup{TEvent, TOther}"/>.</summary>
    protected void On<TEvent>(Func<TDocument, Event<TEvent>, Lookups, TDocument?> change)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(change);
        Of<TEvent>().Change = (document, e, found) => change(document, new Event<TEvent>(e), found);
    }

    /// <summary>
    /// An event's handlers need a document of an earlier stage of the same <see cref="CompositeProjection"/>. It is handed over as it
    /// stands after the event; those of a page are loaded together. The document must be immutable.
    /// </summary>
    /// <param name="key">The document's key; null or empty for none.</param>
    protected void Lookup<TEvent, TOther>(Func<Event<TEvent>, string?> key)
        where TEvent : notnull
        where TOther : class => Inputs.Lookup<TEvent, TOther>(key);

    /// <summary>The same for several documents of one type.</summary>
    /// <param name="keys">The documents' keys.</param>
    protected void LookupMany<TEvent, TOther>(Func<Event<TEvent>, IEnumerable<string>> keys)
        where TEvent : notnull
        where TOther : class => Inputs.LookupMany<TEvent, TOther>(keys);

    /// <summary>An event deletes the document.</summary>
    protected void Delete<TEvent>()
        where TEvent : notnull => Of<TEvent>().Change = (_, _, _) => null;

    /// <summary>
    /// An event, once it was folded, causes side effects: it appends events to other streams, or publishes messages. The function is given
    /// the document as it stands after the event, null when there is none; it is called for each document that the event concerns, and
    /// must depend on its arguments alone.
    /// </summary>
    /// <remarks>
    /// Guarantees: appended events are stored in the transaction that moves the checkpoint, exactly once; messages are stored in it, and
    /// published after it at least once, under the same id each time. Nothing is raised while a generation is built beside a live one. The
    /// first generation of a projection raises for the whole log. The projection may handle what it appends: that comes later in the log,
    /// and a projection that answers each of its own events with another one never ends. Only async projections raise side effects.
    /// </remarks>
    protected void Raise<TEvent>(Func<TDocument?, Event<TEvent>, IEnumerable<SideEffect>> raise)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(raise);
        Inputs.Raises = true;
        Of<TEvent>().Raise = (document, e) => raise(document, new Event<TEvent>(e));
    }

    /// <summary>The document from which a key's first event starts; the function is given the key.</summary>
    protected void Initial(Func<string, TDocument> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        _initial = make;
    }

    /// <summary>The document after an event; null when there is none.</summary>
    internal TDocument? Fold(FoldSteps<TDocument> steps, TDocument? document, string key, RecordedEvent recorded, Lookups found)
    {
        if (document is not null)
        {
            if (steps.Change is { } change)
                return change(document, recorded, found);
            return steps.Create is { } anew ? anew(recorded, found) : document;
        }

        if (steps.Create is { } create)
            return create(recorded, found);
        return _initial is { } initial && steps.Change is { } first ? first(initial(key), recorded, found) : null;
    }

    private FoldSteps<TDocument> Of<TEvent>()
    {
        Inputs.Handle(typeof(TEvent));
        if (!_steps.TryGetValue(typeof(TEvent), out var steps))
            _steps.Add(typeof(TEvent), steps = new FoldSteps<TDocument>());
        return steps;
    }
}

/// <summary>The handlers of one event type; at least one is set.</summary>
internal sealed class FoldSteps<TDocument>
    where TDocument : class
{
    public Func<RecordedEvent, Lookups, TDocument>? Create { get; set; }

    public Func<TDocument, RecordedEvent, Lookups, TDocument?>? Change { get; set; }

    public Func<TDocument?, RecordedEvent, IEnumerable<SideEffect>>? Raise { get; set; }
}
