using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Projections;
using Tidemark.Resilience;
using Tidemark.Shards;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>
/// Keeps the async projections of this process up to date. It starts and stops with the store; every method is safe for concurrent use.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A container that handed it out would end it before the store that stops it.")]
public sealed partial class Daemon
{
    private readonly EventDatabase _database;
    private readonly ProjectionCatalog _projections;
    private readonly TidemarkOptions _options;
    private readonly ILogger<Daemon> _logger;
    private readonly SemaphoreSlim _changing = new(1);
    private volatile Run? _run;

    internal Daemon(EventDatabase database, ProjectionCatalog projections, TidemarkOptions options, ILogger<Daemon> logger)
    {
        _database = database;
        _projections = projections;
        _options = options;
        _logger = logger;
    }

    /// <summary>One run of the daemon, from start to stop.</summary>
    private sealed record Run(
        IReadOnlyDictionary<string, GenerationKeeper> Keepers,
        ShardHost Host,
        NodeAgent Node,
        Progress Progress,
        Task Loops,
        Task Ticks,
        CancellationTokenSource Stop,
        CancellationTokenSource Abort,
        CancellationTokenSource End);

    /// <summary>Whether it runs in this process.</summary>
    public bool IsRunning => _run is not null;

    /// <summary>Starts it, unless it runs.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _run ??= await StartRunAsync(cancellationToken).ConfigureAwait(false);
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
            await run.Stop.CancelAsync().ConfigureAwait(false);
            await run.Ticks.ConfigureAwait(false);
            using var early = cancellationToken.UnsafeRegister(static abort => ((CancellationTokenSource)abort!).Cancel(), run.Abort);
            run.Abort.CancelAfter(_options.DrainTimeout);
            await run.Node.LeaveAsync(run.Abort.Token).ConfigureAwait(false);
            await run.End.CancelAsync().ConfigureAwait(false);
            await run.Loops.ConfigureAwait(false);
            _run = null;
            LogStopped();
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>The daemon as it stands, from memory.</summary>
    public DaemonStatus Status() => new(
        _run is not null,
        _database.HighWater.Mark,
        _database.HighWater.Last,
        [.. (_run?.Host.Agents ?? []).Select(a => a.Status).OrderBy(s => s.Shard.ToString(), StringComparer.Ordinal)]);

    /// <summary>
    /// Whether the daemon's loops are alive and its shards get on, from memory. A process that is not meant to run it is healthy.
    /// </summary>
    public DaemonHealth CheckHealth()
    {
        var check = new HealthCheck(_options, _database.Time);
        if (_run is not { } run)
            return check.Result;
        if (run.Stop.IsCancellationRequested)
        {
            check.Stopping();
            return check.Result;
        }

        check.Loops(run.Ticks, run.Loops);
        check.Node(run.Node);
        check.Mark(_database.HighWater);
        check.Shards(run.Host.Agents);
        return check.Result;
    }

    /// <summary>The sessions whose open appends hold the high-water mark back; asks the database.</summary>
    public async Task<IReadOnlyList<HighWaterBlocker>> ReadBlockersAsync(CancellationToken cancellationToken = default) =>
        await _database.Storage.HighWater.ReadBlockersAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Reads dead letters in position order.</summary>
    /// <param name="projection">Only those of this projection; null for all.</param>
    /// <param name="after">Only those after this position.</param>
    /// <param name="countMax">How many at most; the others of the last one's position come with it.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public async Task<IReadOnlyList<DeadLetter>> ReadDeadLettersAsync(
        string? projection = null, Position after = default, int countMax = 100, CancellationToken cancellationToken = default) =>
        await _database.Storage.DeadLetters.ReadAsync(projection, after, countMax, cancellationToken).ConfigureAwait(false);

    /// <summary>Waits until a projection has passed a position: read your own write with <see cref="Log.AppendResult.Last"/>.</summary>
    /// <param name="projection">The projection's name.</param>
    /// <param name="position">The position.</param>
    /// <param name="timeout">How long to wait at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ShardPausedException">The projection is paused; the inner exception is its error.</exception>
    /// <exception cref="TimeoutException">It has not passed the position in time.</exception>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    public Task WaitForAsync(string projection, Position position, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        WaitAsync([Async(projection)], position, timeout, cancellationToken);

    /// <summary>Waits until every projection has passed everything that was committed before this call.</summary>
    /// <param name="timeout">How long to wait at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ShardPausedException">A projection is paused; the inner exception is its error.</exception>
    /// <exception cref="TimeoutException">They have not in time.</exception>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    public async Task WaitForCaughtUpAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        _ = Running();
        await _database.HighWater.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var target = _database.HighWater.Last;
        _database.HighWater.Signal(appended: false);
        await WaitAsync([.. _projections.Of(ProjectionLifecycle.Async)], target, timeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Builds a projection's read model anew beside the live one, and swaps them in one transaction once the new one has caught up.
    /// Readers always see a complete model.
    /// After a crash the build goes on where it was. When one is under way already, waits for that one.
    /// </summary>
    /// <param name="projection">The projection's name.</param>
    /// <param name="cancellationToken">Ends the wait; the build goes on.</param>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    public async Task RebuildAsync(string projection, CancellationToken cancellationToken = default)
    {
        var wanted = Async(projection);
        var run = Running();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, run.Stop.Token);
        try
        {
            var generation = await run.Keepers[wanted.Name].BeginRebuildAsync(end.Token).ConfigureAwait(false);
            while (true)
            {
                var changed = run.Host.ShardsChanged.Next;
                if (run.Host.LiveOf(wanted.Name)?.Generation >= generation)
                    return;
                await changed.WaitAsync(end.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e) when (run.Stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException(
                $"The daemon stopped during the rebuild of projection '{projection}'; what was begun goes on at the next start.", e);
        }
    }

    /// <summary>Ends the pauses of a projection's shards on this node at once; they try again.</summary>
    /// <param name="projection">The projection's name.</param>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    public void Resume(string projection)
    {
        var wanted = Async(projection);
        foreach (var agent in Running().Host.Agents.Where(a => a.Name.Projection == wanted.Name))
            agent.Resume();
    }

    private async Task<Run> StartRunAsync(CancellationToken cancellationToken)
    {
        Projection[] projections = [.. _projections.Of(ProjectionLifecycle.Async)];
        var (stop, abort, end) = (new CancellationTokenSource(), new CancellationTokenSource(), new CancellationTokenSource());
        var runtime = new ShardRuntime(
            _database.Pulling, _database.HighWater, _options.Shards, _options.Resilience, _database.Storage.IsTransient, _database.Time,
            new Random(), _database.Loggers.CreateLogger<ShardAgent>());
        var host = new ShardHost(_database, projections, runtime, _database.Loggers.CreateLogger<ShardHost>(), abort.Token);
        var node = new NodeAgent(
            _database.Storage.Leases, _database.HighWater, host, _options.Node, _database.Time,
            _database.Loggers.CreateLogger<NodeAgent>());
        var progress = new Progress(_database, host, node);
        var logger = _database.Loggers.CreateLogger<GenerationKeeper>();
        var keepers = projections.ToDictionary(
            p => p.Name, p => new GenerationKeeper(p, _database, host, node, progress, _options, logger), StringComparer.Ordinal);
        host.Ask = node.Ask;
        host.Tend = (lease, ended) =>
            lease.Shard.Slots.First == 0 ? keepers[lease.Shard.Projection].TendAsync(lease.Shard.Generation, ended) : Task.CompletedTask;
        try
        {
            await JoinAsync(keepers.Values, host, node, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await abort.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(host.Running.Keys.Select(host.StopAsync)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        var commands = new CommandRunner(_database, node, host, keepers, _database.Loggers.CreateLogger<CommandRunner>());
        var ticks = Task.WhenAll(
            Task.Run(() => node.RunAsync(stop.Token), CancellationToken.None),
            Task.Run(() => commands.RunAsync(stop.Token), CancellationToken.None));
        var loops = Task.WhenAll(
            Task.Run(() => _database.HighWater.RunAsync(end.Token), CancellationToken.None),
            Task.Run(() => _database.HighWater.ListenAsync(end.Token), CancellationToken.None));
        LogStarted(projections.Length, _database.Storage.Description, node.Name);
        return new Run(keepers, host, node, progress, loops, ticks, stop, abort, end);
    }

    private async Task JoinAsync(
        IEnumerable<GenerationKeeper> keepers, ShardHost host, NodeAgent node, CancellationToken cancellationToken)
    {
        var pipeline = _options.Resilience.Build(PipelineName.ShardStart, _database.Time, _database.Storage.IsTransient);
        var generations = await _database.Storage.ReadModels.ReadGenerationsAsync(cancellationToken).ConfigureAwait(false);
        var stored = await _database.Storage.Checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        foreach (var keeper in keepers)
        {
            var shards = await pipeline.ExecuteAsync(
                async (all, ct) => await keeper.PrepareAsync(all, stored, ct).ConfigureAwait(false), generations, cancellationToken)
                .ConfigureAwait(false);
            node.Register(shards);
        }

        await host.RefreshAsync(cancellationToken).ConfigureAwait(false);
        await pipeline.ExecuteAsync(
            static async (joining, ct) => await joining.JoinAsync(ct).ConfigureAwait(false), node, cancellationToken).ConfigureAwait(false);
    }

    private async Task WaitAsync(
        IReadOnlyList<Projection> projections, Position position, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var run = Running();
        using var late = new CancellationTokenSource(timeout, _database.Time);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        var waits = projections.Select(p => run.Progress.UntilPassedAsync(
            () => LiveShards(run, p), position, _ => CheckNotPaused(run, p), enough.Token)).ToArray();
        try
        {
            await foreach (var wait in Task.WhenEach(waits).ConfigureAwait(false))
                await wait.ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var behind = projections.Where(p => !run.Progress.HasPassed(LiveShards(run, p), position))
                .Select(p => $"{p.Name} ({string.Join(", ", Describe(run, p))})");
            throw new TimeoutException(
                $"After {timeout} position {position} was not passed (the high-water mark is {_database.HighWater.Mark}): " +
                $"{string.Join("; ", behind)}.", e);
        }
        finally
        {
            await enough.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(waits).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The shards that keep what readers see; none while that is of an older version than this process's, which is being built.
    private IReadOnlyList<ShardLease> LiveShards(Run run, Projection projection) =>
        run.Host.LiveOf(projection.Name) is { } live && live.Version >= projection.Version
            ? [.. run.Node.Book.Of(projection.Name, live.Generation, _database.Name).Where(l => l.State != LeaseState.Retired)]
            : [];

    private static IEnumerable<string> Describe(Run run, Projection projection)
    {
        foreach (var lease in run.Node.Book.Shards.Values.Where(l => l.Shard.Projection == projection.Name))
        {
            if (run.Host.Find(lease.Shard) is { } agent)
                yield return $"{lease.Shard} is {agent.Status.State} at {agent.Status.Position}";
            else if (run.Node.Book.OwnerOf(lease) is { } owner)
                yield return $"{lease.Shard} runs on node {run.Node.Book.Nodes.First(n => n.Id == owner).Name}";
            else
                yield return $"{lease.Shard} runs nowhere: " +
                    $"{run.Node.Book.Plan.Unplaced.GetValueOrDefault(lease.Shard) ?? lease.State.ToString()}";
        }
    }

    // A pause of the shards that readers wait for ends the wait with their error; before a first build or a new version is live, those are
    // the shards that build it.
    private static void CheckNotPaused(Run run, Projection projection)
    {
        var live = run.Host.LiveOf(projection.Name);
        foreach (var agent in run.Host.Agents.Where(a => a.Name.Projection == projection.Name))
        {
            if ((live?.Version != projection.Version || agent.Name.Generation == live.Generation)
                && agent.Status is { State: ShardState.Paused, Error: not null } status)
            {
                throw new ShardPausedException(status);
            }
        }

        foreach (var lease in run.Node.Book.Shards.Values)
        {
            if (lease.Problem is { } problem && lease.Shard.Projection == projection.Name && lease.Shard.Generation == live?.Generation
                && run.Node.Book.OwnerOf(lease) is { } owner && owner != run.Node.Id)
            {
                throw new ShardPausedException(lease.Shard, problem);
            }
        }
    }

    private Projection Async(string projection)
    {
        var found = _projections.Find(projection);
        return _projections.Of(ProjectionLifecycle.Async).Contains(found)
            ? found
            : throw new ArgumentException($"Projection '{projection}' is not async; the daemon does not run it.", nameof(projection));
    }

    private Run Running() => _run ?? throw new InvalidOperationException("The daemon does not run in this process. Start it, or ask " +
        "where it runs.");

    [LoggerMessage(EventId = 1411, Level = LogLevel.Information, Message = "The daemon runs {Projections} projection(s) on {Storage} " +
        "as node {Node}.")]
    private partial void LogStarted(int projections, string storage, string node);

    [LoggerMessage(EventId = 1412, Level = LogLevel.Information, Message = "The daemon has stopped.")]
    private partial void LogStopped();
}
