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
    private readonly Dictionary<Type, Action<RecordedEvent, FlatChanges>> _handlers = [];
    private string _key = "key";

    internal override bool IsSplitByKey => true;

    internal override ReadModelSchema Schema => new FlatTableSchema(ReadModel, _key, _columns);

    internal override IReadOnlyCollection<Type> EventTypes => _handlers.Keys;

    internal IReadOnlyDictionary<Type, Action<RecordedEvent, FlatChanges>> Handlers => _handlers;

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
        _handlers[typeof(TEvent)] = (e, changes) => change(changes.Row(key(new Event<TEvent>(e))), new Event<TEvent>(e));
    }

    /// <summary>An event deletes the row with a key.</summary>
    protected void Delete<TEvent>(Func<Event<TEvent>, string> key)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(key);
        _handlers[typeof(TEvent)] = (e, changes) => changes.Row(key(new Event<TEvent>(e))).Delete();
    }

    internal override Applier MakeApplier(ApplierContext context) => new FlatApplier(this, context);
}
