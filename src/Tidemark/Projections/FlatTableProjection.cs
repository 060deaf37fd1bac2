using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>
/// Keeps a plain table: events set and increment columns of the row with a key. Nothing is loaded; the changes of a commit are folded per
/// row and written set-wise.
/// The table is kept across tenants; put the tenant into the key or a column where it matters.
/// </summary>
public abstract class FlatTableProjection : Projection
{
    /// <summary>The most columns beside the key.</summary>
    public const int ColumnsMax = 30;

    private readonly List<FlatColumn> _columns = [];
    private readonly Dictionary<Type, Action<RecordedEvent, FlatChanges, Lookups>> _handlers = [];
    private string _key = "key";

    internal override bool IsSplitByKey => true;

    internal override ReadModelSchema Schema => new FlatTableSchema(ReadModel, _key, _columns);

    internal override IReadOnlyCollection<Type> EventTypes => Inputs.Events;

    internal IReadOnlyDictionary<Type, Action<RecordedEvent, FlatChanges, Lookups>> Handlers => _handlers;

    /// <summary>Names the key column, of type text; "key" by default.</summary>
    protected void KeyColumn(string name) => _key = Identifier.Check(name, "column");

    /// <summary>Adds a column.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type.</param>
    /// <param name="notNull">Whether it is NOT NULL, with a default of zero, false, or the empty text.</param>
    /// <exception cref="ArgumentException">The name is taken, or there are too many columns.</exception>
    protected void Column(string name, ColumnType type, bool notNull = false)
    {
        Identifier.Check(name, "column");
        if (name == _key || _columns.Any(c => c.Name == name))
            throw new ArgumentException($"The column '{name}' is there already.", nameof(name));
        if (_columns.Count == ColumnsMax)
            throw new ArgumentException($"A flat table has at most {ColumnsMax} columns beside its key.", nameof(name));
        _columns.Add(new FlatColumn(name, type, notNull));
    }

    /// <summary>An event changes the row with a key, which is made when absent.</summary>
    protected void On<TEvent>(Func<Event<TEvent>, string> key, Action<FlatRow, Event<TEvent>> change)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(change);
        Handle<TEvent>((e, changes, _) => change(changes.Row(key(new Event<TEvent>(e))), new Event<TEvent>(e)));
    }

    /// <summary>
    /// An event changes the row with a key, which is made when absent, by documents of earlier stages too; see
    /// <see cref="Lookup{TEvent, TOther}"/>.
    /// </summary>
    protected void On<TEvent>(Func<Event<TEvent>, string> key, Action<FlatRow, Event<TEvent>, Lookups> change)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(change);
        Handle<TEvent>((e, changes, found) => change(changes.Row(key(new Event<TEvent>(e))), new Event<TEvent>(e), found));
    }

    /// <summary>
    /// An event's handler needs a document of an earlier stage of the same <see cref="CompositeProjection"/>. It is handed over as it
    /// stands after the event.
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

    /// <summary>An event deletes the row with a key.</summary>
    protected void Delete<TEvent>(Func<Event<TEvent>, string> key)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(key);
        Handle<TEvent>((e, changes, _) => changes.Row(key(new Event<TEvent>(e))).Delete());
    }

    internal override Applier MakeApplier(ApplierContext context) => new FlatApplier(this, context);

    private void Handle<TEvent>(Action<RecordedEvent, FlatChanges, Lookups> handle)
    {
        Inputs.Handle(typeof(TEvent));
        _handlers[typeof(TEvent)] = handle;
    }
}
