using Tidemark.Checkpoints;
using Tidemark.Control;
using Tidemark.Delivery;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Storage;
using Tidemark.Tenancy;
using Tidemark.Testing.InMemory;

namespace Tidemark.Testing;

/// <summary>
/// An event database in memory, for tests. It keeps the guarantees of the SQL stores; what it cannot do (SQL, lent transactions) it
/// refuses. One transaction writes at a time, as in SQLite: a write waits while another transaction is open. Thread-safe. The data lasts as
/// long as the object.
/// </summary>
public sealed class InMemoryStorage : IEventDatabaseStorage
{
    private readonly MemoryDatabase _database;
    private readonly InMemoryReadModelStore _readModels;

    /// <summary>Makes an empty database.</summary>
    public InMemoryStorage(StorageContext context)
        : this(context, new(), new())
    {
    }

    private InMemoryStorage(StorageContext context, MemoryDatabase database, InMemoryWakeUpChannel wakeUp)
    {
        ArgumentNullException.ThrowIfNull(context);
        _database = database;
        _readModels = new(database, context.Time);
        Description = $"memory ({context.Database})";
        Log = new InMemoryEventLog(database, context.Time);
        HighWater = new InMemoryHighWaterSource(database);
        WakeUp = wakeUp;
        Checkpoints = new InMemoryCheckpointStore(database, context.Time);
        DeadLetters = new InMemoryDeadLetterStore(database);
        Leases = new InMemoryLeaseStore(database, context.Time);
        Commands = new InMemoryCommandStore(database, context.Time);
        Outbox = new InMemoryOutboxStore(database);
        Tenants = new InMemoryTenantStore(database, context.Time);
        Subscriptions = new InMemorySubscriptionStore(database, context.Time);
        DeliveryKeys = new InMemoryDeliveryKeyStore(database, context.Time);
        DeliveryFailures = new InMemoryDeliveryFailureStore(database);
        Schema = new InMemorySchema();
    }

    /// <inheritdoc />
    public string Description { get; }

    /// <inheritdoc />
    public int FlushesMax => 1;

    /// <inheritdoc />
    public IEventLog Log { get; }

    /// <inheritdoc />
    public IHighWaterSource HighWater { get; }

    /// <inheritdoc />
    public IWakeUpChannel WakeUp { get; }

    /// <inheritdoc />
    public ICheckpointStore Checkpoints { get; }

    /// <inheritdoc />
    public IDeadLetterStore DeadLetters { get; }

    /// <inheritdoc />
    public IOutboxStore Outbox { get; }

    /// <inheritdoc />
    public IReadModelStore ReadModels => _readModels;

    /// <inheritdoc />
    public ILeaseStore Leases { get; }

    /// <inheritdoc />
    public ICommandStore Commands { get; }

    /// <inheritdoc />
    public ITenantStore Tenants { get; }

    /// <inheritdoc />
    public ISubscriptionStore Subscriptions { get; }

    /// <inheritdoc />
    public IDeliveryKeyStore DeliveryKeys { get; }

    /// <inheritdoc />
    public IDeliveryFailureStore DeliveryFailures { get; }

    /// <inheritdoc />
    public ISchema Schema { get; }

    /// <summary>
    /// Another storage on the same data: a second node, or the same node after a restart. Disposing one does not touch the other.
    /// </summary>
    public InMemoryStorage OpenAgain(StorageContext context) => new(context, _database, (InMemoryWakeUpChannel)WakeUp);

    /// <summary>Reads a flat table in key order.</summary>
    /// <param name="name">The read model's stable name.</param>
    /// <param name="generation">The generation; null for the live one.</param>
    /// <exception cref="InvalidOperationException">There is no such flat table.</exception>
    public IReadOnlyList<InMemoryRow> ReadRows(string name, int? generation = null) =>
        [.. _readModels.ReadRows(name, generation).Select(r => new InMemoryRow(r.Key, r.Value))];

    /// <summary>No error of memory goes away by itself.</summary>
    public bool IsTransient(Exception error) => false;

    /// <summary>Ends this use of the data.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
