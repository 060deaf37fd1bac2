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

    internal override IReadOnlyCollection<Type> EventTypes => _steps.Keys;

    internal IReadOnlyDictionary<Type, FoldSteps<TDocument>> Steps => _steps;

    /// <summary>
    /// An event makes the document; when there is one already, it is made anew, unless <see cref="On{TEvent}"/> handles the event too.
    /// </summary>
    protected void Create<TEvent>(Func<Event<TEvent>, TDocument> create)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(create);
        Of<TEvent>().Create = e => create(new Event<TEvent>(e));
    }

    /// <summary>
    /// An event changes the document; null deletes it. Without a document the event has no effect, unless <see cref="Initial"/> or <see
    /// cref="Create{TEvent}"/> makes one.
    /// </summary>
    protected void On<TEvent>(Func<TDocument, Event<TEvent>, TDocument?> change)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(change);
        Of<TEvent>().Change = (document, e) => change(document, new Event<TEvent>(e));
    }

    /// <summary>An event deletes the document.</summary>
    protected void Delete<TEvent>()
        where TEvent : notnull => Of<TEvent>().Change = (_, _) => null;

    /// <summary>The document from which a key's first event starts; the function is given the key.</summary>
    protected void Initial(Func<string, TDocument> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        _initial = make;
    }

    /// <summary>The document after an event; null when there is none.</summary>
    internal TDocument? Fold(FoldSteps<TDocument> steps, TDocument? document, string key, RecordedEvent recorded)
    {
        if (document is not null)
            return steps.Change is { } change ? change(document, recorded) : steps.Create!(recorded);
        if (steps.Create is { } create)
            return create(recorded);
        return _initial is { } initial ? steps.Change!(initial(key), recorded) : null;
    }

    private FoldSteps<TDocument> Of<TEvent>()
    {
        if (!_steps.TryGetValue(typeof(TEvent), out var steps))
            _steps.Add(typeof(TEvent), steps = new FoldSteps<TDocument>());
        return steps;
    }
}

/// <summary>The handlers of one event type; at least one is set.</summary>
internal sealed class FoldSteps<TDocument>
    where TDocument : class
{
    public Func<RecordedEvent, TDocument>? Create { get; set; }

    public Func<TDocument, RecordedEvent, TDocument?>? Change { get; set; }
}
