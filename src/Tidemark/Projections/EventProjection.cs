using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>
/// Hands each event to a handler, with the transaction in which the projection's checkpoint moves: write what you like through it, with
/// ADO.NET, Dapper or EF Core.
/// Needs a store with SQL.
/// </summary>
public abstract class EventProjection : Projection
{
    private readonly List<CustomTable> _tables = [];
    private readonly Dictionary<Type, Func<RecordedEvent, ProjectionTransaction, CancellationToken, ValueTask>> _handlers = [];
    private Func<RecordedEvent, ProjectionTransaction, CancellationToken, ValueTask>? _any;

    internal override ReadModelSchema Schema => new CustomTablesSchema(ReadModel, _tables);

    internal override IReadOnlyCollection<Type>? EventTypes => _any is null ? Inputs.Events : null;

    internal override bool OpensTransactions => true;

    /// <summary>
    /// Declares a table that the handlers write to. Readers see it under the same name, as a view over the live generation's table.
    /// </summary>
    /// <param name="name">Its stable name.</param>
    /// <param name="createSql">Its definition, in SQL that the store in use understands, with <c>{table}</c> for the table's name.</param>
    protected void Table(string name, string createSql)
    {
        ArgumentNullException.ThrowIfNull(createSql);
        if (!createSql.Contains("{table}", StringComparison.Ordinal))
            throw new ArgumentException($"The definition of table '{name}' does not hold {{table}}, which stands for the name of each " +
                $"generation's table.", nameof(createSql));
        _tables.Add(new CustomTable(Identifier.Check(name, "table"), createSql));
    }

    /// <summary>Handles an event type.</summary>
    protected void On<TEvent>(Func<Event<TEvent>, ProjectionTransaction, CancellationToken, ValueTask> handle)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(handle);
        Inputs.Handle(typeof(TEvent));
        _handlers[typeof(TEvent)] = (e, transaction, ct) => handle(new Event<TEvent>(e), transaction, ct);
    }

    /// <summary>
    /// Handles every event that has no handler of its own. Events of types that are not registered are then errors of this projection:
    /// see its options.
    /// </summary>
    protected void OnAny(Func<RecordedEvent, ProjectionTransaction, CancellationToken, ValueTask> handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        _any = handle;
    }

    internal override Applier MakeApplier(ApplierContext context) => new TransactionApplier(this, context);

    internal ValueTask HandleAsync(RecordedEvent recorded, ProjectionTransaction transaction, CancellationToken cancellationToken) =>
        _handlers.TryGetValue(recorded.Type!.ClrType, out var handle)
            ? handle(recorded, transaction, cancellationToken)
            : _any!(recorded, transaction, cancellationToken);
}
