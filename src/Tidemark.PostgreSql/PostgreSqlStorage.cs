using Microsoft.Extensions.Logging;
using Npgsql;
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

namespace Tidemark.PostgreSql;

/// <summary>
/// An event database on PostgreSQL 13 or newer: one schema of one database. Safe for concurrent use. Nothing is opened before the first
/// call; every call takes a connection from a bounded pool and gives it back. Idempotent calls are repeated by the pipeline "database";
/// appends and commits are not.
/// </summary>
public sealed class PostgreSqlStorage : IEventDatabaseStorage
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly bool _ownsDataSource;
    private readonly PoolShare? _share;
    private readonly SqlTexts _sql;
    private readonly PostgreSqlEventLog _log;

    /// <summary>Makes the storage; opens nothing.</summary>
    /// <param name="options">Where the database is. Copied by this call: later changes have no effect.</param>
    /// <param name="context">The surroundings.</param>
    /// <exception cref="ArgumentException">A setting is missing or out of its range.</exception>
    public PostgreSqlStorage(PostgreSqlOptions options, StorageContext context)
        : this(options, context, budget: null)
    {
    }

    /// <summary>Makes the storage of a tenant database, which shares a budget of connections with others.</summary>
    internal PostgreSqlStorage(PostgreSqlOptions options, StorageContext context, PoolBudget? budget)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(context);
        options.Validate();
        _ownsDataSource = options.DataSource is null;
        _dataSource = options.DataSource ?? NpgsqlDataSource.Create(ConnectionStrings.Pooled(options));
        var target = new NpgsqlConnectionStringBuilder(_dataSource.ConnectionString);
        Description = $"PostgreSQL {target.Host}:{target.Port}/{target.Database ?? target.Username}, schema {options.Schema}";

        var coordination = context.Coordination as PostgreSqlStorage;
        var sql = _sql = coordination?._sql.Schema == options.Schema ? coordination._sql : new SqlTexts(options.Schema);
        var names = new ReadModelNames(sql);
        var dataSource = _dataSource;
        _share = budget?.Add(dataSource.Clear, options.CommandTimeout, context.Time);
        var scope = new ConnectionScope(dataSource, context.DatabasePipeline(PostgreSqlErrors.IsTransient), _share);
        _log = new PostgreSqlEventLog(scope, sql, transactionsMax: Math.Max(1, target.MaxPoolSize / 2));
        HighWater = new PostgreSqlHighWater(scope, sql);
        WakeUp = coordination?.WakeUp is PostgreSqlWakeUp shared
            ? new TenantWakeUp(shared, context.Database)
            : new PostgreSqlWakeUp(scope, sql, Listener(options));
        Checkpoints = new PostgreSqlCheckpoints(scope, sql);
        DeadLetters = new PostgreSqlDeadLetters(scope, sql);
        Outbox = new PostgreSqlOutbox(scope, sql);
        var generations = new GenerationTables(sql, names, context.Loggers.CreateLogger<GenerationTables>());
        ReadModels = new PostgreSqlReadModels(scope, sql, names, generations, options.IdleTransactionMax);
        Leases = new PostgreSqlLeases(scope, sql);
        Commands = new PostgreSqlCommands(scope, sql);
        Tenants = new PostgreSqlTenants(scope, sql);
        Subscriptions = new PostgreSqlSubscriptions(scope, sql);
        DeliveryKeys = new PostgreSqlDeliveryKeys(scope, sql);
        DeliveryFailures = new PostgreSqlDeliveryFailures(scope, sql);
        var maker = new DatabaseMaker(options.ConnectionString, target.Database ?? target.Username ?? "");
        Schema = new PostgreSqlSchema(scope, sql, maker, context.Loggers.CreateLogger<PostgreSqlSchema>());
    }

    /// <inheritdoc />
    public string Description { get; }

    /// <summary>
    /// Two: one flush waits for its commit while the server works on the other; more gained nothing where it was measured.
    /// </summary>
    public int FlushesMax => 2;

    /// <inheritdoc />
    public IEventLog Log => _log;

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
    public bool IsTransient(Exception error) => PostgreSqlErrors.IsTransient(error);

    /// <summary>Closes the pool, unless the data source is the application's.</summary>
    public async ValueTask DisposeAsync()
    {
        _log.Dispose();
        if (_ownsDataSource)
            await _dataSource.DisposeAsync().ConfigureAwait(false);
        _share?.Retire();
    }

    private Func<CancellationToken, ValueTask<NpgsqlConnection>>? Listener(PostgreSqlOptions options)
    {
        var text = options.ListenConnectionString ?? (options.TransactionPooler ? null : options.ConnectionString);
        if (text is null)
            return options.TransactionPooler ? null : _dataSource.OpenConnectionAsync;
        var listening = ConnectionStrings.Listening(text);
        return async cancellationToken =>
        {
            var connection = new NpgsqlConnection(listening);
            try
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                return connection;
            }
            catch
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        };
    }
}
