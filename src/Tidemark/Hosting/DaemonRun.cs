using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Tidemark.Delivery;
using Tidemark.Delivery.Sessions;
using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Projections;
using Tidemark.Resilience;
using Tidemark.Shards;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>One run of the daemon, from start to stop: the node, its shards on every event database, and the loops beside them.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Waits that outlive it still look at its tokens; none of them has a timer then.")]
internal sealed class DaemonRun
{
    private readonly EventDatabases _databases;
    private readonly IReadOnlyList<Projection> _projections;
    private readonly TidemarkOptions _options;
    private readonly SubscriptionDirectory _directory;
    private readonly DeliveryTargets _targets;
    private readonly SubscriptionKeeper _subscriptions;
    private readonly QuestionNumbers _numbers = new();
    private readonly HostedShards _hosted = new();
    private readonly Random _random = new();
    private readonly RebuildThrottle _throttle;
    private readonly DatabaseKeeper? _tenants;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private Task _ticks = Task.CompletedTask;

    public DaemonRun(
        EventDatabases databases, IReadOnlyList<Projection> projections, SubscriptionDirectory directory, DeliveryTargets targets,
        TidemarkOptions options)
    {
        _directory = directory;
        _targets = targets;
        _databases = databases;
        _projections = projections;
        _options = options;
        _throttle = new RebuildThrottle(options.Shards, Main.Time);
        Hosts = new ShardHosts(projections, targets.Capabilities, _hosted) { Make = MakeRun, IsKnown = databases.IsKnown };
        Node = new NodeAgent(Main.Storage.Leases, Main.HighWater, Hosts, options.Node, Main.Time, Main.Loggers.CreateLogger<NodeAgent>());
        _subscriptions = new SubscriptionKeeper(
            directory, targets, databases, Node, Hosts, Main.HighWater, Main.Time, Main.Loggers.CreateLogger<SubscriptionKeeper>());
        if (databases.Tenants is { } tenants)
        {
            _tenants = new DatabaseKeeper(
                tenants, projections, Node, Hosts, Main.HighWater, Main.Time, Main.Loggers.CreateLogger<DatabaseKeeper>());
        }
    }

    /// <summary>This process on the roster.</summary>
    public NodeAgent Node { get; }

    /// <summary>What runs the shards, by database.</summary>
    public ShardHosts Hosts { get; }

    /// <summary>The agents of all shards that run here.</summary>
    public IEnumerable<ShardAgent> Agents => Hosts.Runs.SelectMany(r => r.Host.Agents);

    private EventDatabase Main => _databases.Main;

    /// <summary>Joins the cluster and takes what belongs here.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await JoinAsync(Hosts.Of(Main.Name), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await _abort.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(Hosts.Running.Keys.Select(Hosts.StopAsync)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var run in Hosts.Runs)
                await run.EndAsync().ConfigureAwait(false);
            throw;
        }

        // The coordination database is followed in any case: hints about leases and tenants come from there.
        Hosts.Of(Main.Name).Follow();
        var commands = new CommandRunner(Main, Node, Hosts, _directory, Main.Loggers.CreateLogger<CommandRunner>());
        _ticks = Task.WhenAll(
            Task.Run(() => Node.RunAsync(_stop.Token), CancellationToken.None),
            Task.Run(() => commands.RunAsync(_stop.Token), CancellationToken.None),
            Task.Run(() => _subscriptions.RunAsync(_stop.Token), CancellationToken.None),
            _tenants is null ? Task.CompletedTask : Task.Run(() => _tenants.RunAsync(_stop.Token), CancellationToken.None));
    }

    /// <summary>Drains every shard and leaves the cluster.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _ticks.ConfigureAwait(false);
        using var early = cancellationToken.UnsafeRegister(static abort => ((CancellationTokenSource)abort!).Cancel(), _abort);
        using var late = new CancellationTokenSource(_options.DrainTimeout, Main.Time);
        using var abort = late.Token.UnsafeRegister(static abort => ((CancellationTokenSource)abort!).Cancel(), _abort);
        await Node.LeaveAsync(_abort.Token).ConfigureAwait(false);
        foreach (var run in Hosts.Runs)
            await run.EndAsync().ConfigureAwait(false);
    }

    /// <summary>Tells how the loops and shards are.</summary>
    public void Check(HealthCheck check)
    {
        if (_stop.IsCancellationRequested)
        {
            check.Stopping();
            return;
        }

        var followed = Hosts.Runs.Where(r => r.Follows).ToArray();
        check.Loops(_ticks, followed.Select(r => r.Loops));
        check.Node(Node);
        check.Placement(Node.Book.Plan);
        foreach (var run in followed)
            check.Mark(run.Database);
        check.Shards(Agents);
        if (_subscriptions.Problem is { } problem)
            check.Subscriptions(problem);
        if (_tenants is not null)
            check.Databases(_tenants.Problems);
    }

    private async Task JoinAsync(DatabaseRun main, CancellationToken cancellationToken)
    {
        var pipeline = _options.Resilience.Build(PipelineName.ShardStart, Main.Time, Main.Storage.IsTransient);
        var generations = await Main.Storage.ReadModels.ReadGenerationsAsync(cancellationToken).ConfigureAwait(false);
        var stored = await Main.Storage.Checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        foreach (var keeper in main.Keepers.Values)
        {
            var shards = await pipeline.ExecuteAsync(
                async (all, ct) => await keeper.PrepareAsync(all, stored, ct).ConfigureAwait(false), generations, cancellationToken)
                .ConfigureAwait(false);
            Node.Register(shards);
        }

        await pipeline.ExecuteAsync(
            static async (keeper, ct) => await keeper.RegisterAsync(ct).ConfigureAwait(false), _subscriptions, cancellationToken)
            .ConfigureAwait(false);
        await pipeline.ExecuteAsync(
            static async (host, ct) => await host.GetReadyAsync(ct).ConfigureAwait(false), main.Host, cancellationToken)
            .ConfigureAwait(false);
        await pipeline.ExecuteAsync(
            static async (joining, ct) => await joining.JoinAsync(ct).ConfigureAwait(false), Node, cancellationToken).ConfigureAwait(false);
    }

    private DatabaseRun MakeRun(string name)
    {
        var database = _databases.Get(name);
        var runtime = new ShardRuntime(
            database.Pulling, database.HighWater, _options.Shards, _options.Resilience, database.Storage.IsTransient, database.Time,
            _random, database.Loggers.CreateLogger<ShardAgent>())
        {
            SeveralTenants = database.SeveralTenants,
            Throttle = _throttle,
        };
        var host = new ShardHost(database, _projections, runtime, _hosted, database.Loggers.CreateLogger<ShardHost>(), _abort.Token)
        {
            Subscriptions = new SubscriptionHost(_directory, _targets, database, runtime, _numbers),
        };
        var progress = new Progress(database, host, Node);
        var logger = database.Loggers.CreateLogger<GenerationKeeper>();
        var keepers = _projections.ToDictionary(
            p => p.Name, p => new GenerationKeeper(p, database, host, Node, progress, _options, logger), StringComparer.Ordinal);
        var run = new DatabaseRun(database, host, Node, progress, keepers, _stop.Token);
        host.Tend = (lease, ended) =>
            lease.Shard.Slots.First == 0 && keepers.TryGetValue(lease.Shard.Projection, out var keeper)
                ? keeper.TendAsync(lease.Shard.Generation, ended)
                : Task.CompletedTask;
        host.Book = () => Node.Book;
        host.Ask = () =>
        {
            if (name != Main.Name)
                run.LeaveIfIdle();
            Node.Ask();
        };
        return run;
    }
}
