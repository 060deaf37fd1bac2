using Tidemark.Checkpoints;
using Tidemark.Control;
using Tidemark.Delivery;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Sqlite.Connections;
using Tidemark.Storage;
using Tidemark.Tenancy;

namespace Tidemark.Sqlite;

/// <summary>
/// An event database in an SQLite file. Writes of this process go through one connection, one transaction at a time, in the order they
/// came; reads run beside them. Several processes of one host may use the same file. Safe for concurrent use.
/// </summary>
/// <remarks>
/// Positions are dense from 1. A transaction of <see cref="IEventLog.BeginAsync"/> keeps other writers of this process waiting until it is
/// committed or disposed, and those of other processes too: keep it short, and write inside it only with it. Nothing is opened before the
/// first call. <see cref="ISchema.ApplyAsync"/> makes the file; other calls fail without it.
/// </remarks>
public sealed class SqliteStorage : IEventDatabaseStorage
{
    private readonly SqliteDatabase _database;

    /// <summary>Makes the storage; touches no file.</summary>
    /// <param name="options">Which file, and how. Copied values: later changes have no effect.</param>
    /// <param name="context">The database's name, the clock, and how idempotent calls are repeated.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names each one, its value and the allowed
    /// range.</exception>
    public SqliteStorage(SqliteOptions options, StorageContext context)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(context);
        options.Validate();
        _database = new SqliteDatabase(options.Copy(), context);
        Log = new SqliteEventLog(_database);
        HighWater = new SqliteHighWater(_database);
        WakeUp = new SqliteWakeUp(_database);
        Checkpoints = new SqliteCheckpoints(_database);
        DeadLetters = new SqliteDeadLetters(_database);
        Outbox = new SqliteOutbox(_database);
        ReadModels = new SqliteReadModels(_database);
        Leases = new SqliteLeases(_database);
        Commands = new SqliteCommands(_database);
        Tenants = new SqliteTenants(_database);
        Subscriptions = new SqliteSubscriptions(_database);
        DeliveryKeys = new SqliteDeliveryKeys(_database);
        DeliveryFailures = new SqliteDeliveryFailures(_database);
        Schema = new SqliteSchema(_database);
    }

    /// <inheritdoc />
    public string Description => $"SQLite file '{_database.File.Path}'";

    /// <summary>1: there is one writer, and what waits for it makes the next flush larger.</summary>
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
    public IReadModelStore ReadModels { get; }

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

    /// <inheritdoc />
    public bool IsTransient(Exception error) => SqliteErrors.IsTransient(error);

    /// <summary>
    /// Waits for the calls and the transaction that are under way, for a transaction at most <see cref="SqliteOptions.BusyTimeout"/>, then
    /// closes the file. Calls after it fail with <see cref="ObjectDisposedException"/>.
    /// </summary>
    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
