using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Storage;
using Tidemark.Tenancy;

namespace Tidemark.Hosting;

/// <summary>
/// Keeps the async projections of this process up to date. It starts and stops with the store; every method is safe for concurrent use.
/// When tenants have databases of their own, it works on all of them; the methods of <see cref="DatabaseDaemon"/> then mean the
/// coordination database, and <see cref="ForTenant"/> gives those of a tenant's.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A container that handed it out would end it before the store that stops it.")]
public sealed partial class Daemon : DatabaseDaemon
{
    private const int WaitsAtOnce = 8;

    private readonly EventDatabases _databases;
    private readonly ProjectionCatalog _projections;
    private readonly SubscriptionDirectory _subscriptions;
    private readonly DeliveryTargets _targets;
    private readonly TidemarkOptions _options;
    private readonly ILogger<Daemon> _logger;
    private readonly SemaphoreSlim _changing = new(1);
    private volatile DaemonRun? _run;

    internal Daemon(
        EventDatabases databases, ProjectionCatalog projections, SubscriptionDirectory subscriptions, DeliveryTargets targets,
        TidemarkOptions options, ILogger<Daemon> logger)
        : base(databases.Main, projections, tenant: null)
    {
        _subscriptions = subscriptions;
        _targets = targets;
        _databases = databases;
        _projections = projections;
        _options = options;
        _logger = logger;
    }

    /// <summary>Whether it runs in this process.</summary>
    public bool IsRunning => _run is not null;

    /// <summary>Starts it, unless it runs.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_run is not null)
                return;
            var run = new DaemonRun(_databases, [.. _projections.Of(ProjectionLifecycle.Async)], _subscriptions, _targets, _options);
            await run.StartAsync(cancellationToken).ConfigureAwait(false);
            _run = run;
            LogStarted(run.Node.Name, _databases.Main.Storage.Description);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Drains and stops it: shards commit what they have gathered, within the drain timeout.</summary>
    /// <param name="cancellationToken">Ends the draining early; what was not committed is done again at the next start.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _changing.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (_run is not { } run)
                return;
            await run.StopAsync(cancellationToken).ConfigureAwait(false);
            _run = null;
            LogStopped();
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>
    /// The daemon's work on the event database of a tenant, which others may share. Its waits are for this tenant's events alone.
    /// </summary>
    /// <param name="tenant">The tenant.</param>
    /// <exception cref="UnknownTenantException">Tenants have databases of their own, and this one is not known here.</exception>
    public DatabaseDaemon ForTenant(TenantId tenant) =>
        new TenantDaemon(this, _databases.Of(tenant), _projections, tenant);

    /// <summary>Waits until every projection has passed everything that was committed before this call, on every event database.</summary>
    /// <param name="timeout">How long to wait at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ShardPausedException">A projection is paused; the inner exception is its error.</exception>
    /// <exception cref="TimeoutException">They have not in time.</exception>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    public override async Task WaitForCaughtUpAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        await base.WaitForCaughtUpAsync(timeout, cancellationToken).ConfigureAwait(false);
        if (_databases.Tenants is not { } tenants)
            return;
        await tenants.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var daemons = tenants.Databases.Select(name => new TenantDaemon(this, _databases.Get(name), _projections, tenant: null));
        var options = new ParallelOptions { MaxDegreeOfParallelism = WaitsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(
            daemons, options, async (daemon, ct) => await daemon.WaitForCaughtUpAsync(timeout, ct).ConfigureAwait(false))
            .ConfigureAwait(false);
    }

    /// <summary>The daemon as it stands, from memory. The positions are those of the coordination database.</summary>
    public DaemonStatus Status() => new(
        _run is not null,
        _databases.Main.HighWater.Mark,
        _databases.Main.HighWater.Last,
        [.. (_run?.Agents ?? []).Select(a => a.Status).OrderBy(s => s.Shard.ToString(), StringComparer.Ordinal)]);

    /// <summary>
    /// Whether the daemon's loops are alive and its shards get on, from memory. A process that is not meant to run it is healthy.
    /// </summary>
    public DaemonHealth CheckHealth()
    {
        var check = new HealthCheck(_options, _databases.Main.Time);
        _run?.Check(check);
        return check.Result;
    }

    /// <summary>This process in the cluster; null while the daemon does not run.</summary>
    internal Placement.NodeAgent? Node => _run?.Node;

    /// <summary>The run on one database.</summary>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    internal DatabaseRun RunOn(string database) => _run?.Hosts.Of(database)
        ?? throw new InvalidOperationException("The daemon does not run in this process. Start it, or ask where it runs.");

    private protected override DatabaseRun Running() => RunOn(Database);

    [LoggerMessage(EventId = 1411, Level = LogLevel.Information, Message = "The daemon runs as node {Node} on {Storage}.")]
    private partial void LogStarted(string node, string storage);

    [LoggerMessage(EventId = 1412, Level = LogLevel.Information, Message = "The daemon has stopped.")]
    private partial void LogStopped();
}
