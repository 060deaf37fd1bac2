using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Tidemark.Events;
using Tidemark.HighWater;
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
        IReadOnlyDictionary<string, ProjectionRunner> Runners, Task HighWater, CancellationTokenSource Stop,
            CancellationTokenSource Abort, CancellationTokenSource End);

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
            using var early = cancellationToken.UnsafeRegister(static abort => ((CancellationTokenSource)abort!).Cancel(), run.Abort);
            run.Abort.CancelAfter(_options.DrainTimeout);
            await Task.WhenAll(run.Runners.Values.Select(r => r.StopAsync())).ConfigureAwait(false);
            await run.End.CancelAsync().ConfigureAwait(false);
            await run.HighWater.ConfigureAwait(false);
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
        [.. (_run?.Runners.Values ?? []).SelectMany(r => r.Agents).Select(a => a.Status)]);

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
        WaitAsync([Runner(projection)], position, timeout, cancellationToken);

    /// <summary>Waits until every projection has passed everything that was committed before this call.</summary>
    /// <param name="timeout">How long to wait at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ShardPausedException">A projection is paused; the inner exception is its error.</exception>
    /// <exception cref="TimeoutException">They have not in time.</exception>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    public async Task WaitForCaughtUpAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var runners = Running().Runners.Values.ToArray();
        await _database.HighWater.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var target = _database.HighWater.Last;
        _database.HighWater.Signal(appended: false);
        await WaitAsync(runners, target, timeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Builds a projection's read model anew beside the live one, and swaps them in one transaction once the new one has caught up.
    /// Readers always see a complete model.
    /// After a crash the build goes on where it was. When one is under way already, waits for that one.
    /// </summary>
    /// <param name="projection">The projection's name.</param>
    /// <param name="cancellationToken">Ends the wait; the build goes on.</param>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    public Task RebuildAsync(string projection, CancellationToken cancellationToken = default) =>
        Runner(projection).RebuildAsync(cancellationToken);

    /// <summary>Ends a projection's pause at once; it tries again.</summary>
    /// <param name="projection">The projection's name.</param>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    public void Resume(string projection)
    {
        foreach (var agent in Runner(projection).Agents)
            agent.Resume();
    }

    private async Task<Run> StartRunAsync(CancellationToken cancellationToken)
    {
        var projections = _projections.Of(ProjectionLifecycle.Async).ToArray();
        var generations = await _database.Storage.ReadModels.ReadGenerationsAsync(cancellationToken).ConfigureAwait(false);
        var stop = new CancellationTokenSource();
        var abort = new CancellationTokenSource();
        var end = new CancellationTokenSource();
        var shares = _options.Shards.StateBytesMax / Math.Max(1, projections.Length);
        var runtime = new ShardRuntime(
            _database.Pulling, _database.HighWater, _options.Shards, _options.Resilience, _database.Storage.IsTransient, _database.Time,
                new Random(),
            _database.Loggers.CreateLogger<ShardAgent>());
        var logger = _database.Loggers.CreateLogger<ProjectionRunner>();
        var runners = projections.ToDictionary(
            p => p.Name, p => new ProjectionRunner(p, _database, runtime, shares, logger, stop.Token, abort.Token), StringComparer.Ordinal);
        await StartRunnersAsync(runners.Values, generations, stop, cancellationToken).ConfigureAwait(false);
        var highWater = Task.WhenAll(
            Task.Run(() => _database.HighWater.RunAsync(end.Token), CancellationToken.None),
            Task.Run(() => _database.HighWater.ListenAsync(end.Token), CancellationToken.None));
        LogStarted(runners.Count, _database.Storage.Description);
        return new Run(runners, highWater, stop, abort, end);
    }

    private async Task StartRunnersAsync(
        IEnumerable<ProjectionRunner> runners, IReadOnlyList<ReadModelGeneration> generations, CancellationTokenSource stop,
            CancellationToken cancellationToken)
    {
        var pipeline = _options.Resilience.Build(PipelineName.ShardStart, _database.Time, _database.Storage.IsTransient);
        var started = new List<ProjectionRunner>();
        try
        {
            foreach (var runner in runners)
            {
                await pipeline.ExecuteAsync(
                    async (all, ct) => await runner.StartAsync(all, ct).ConfigureAwait(false), generations, cancellationToken)
                        .ConfigureAwait(false);
                started.Add(runner);
            }
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(started.Select(r => r.StopAsync())).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async Task WaitAsync(
        IReadOnlyList<ProjectionRunner> runners, Position position, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(timeout, _database.Time);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        var waits = runners.Select(r => r.WaitAsync(position, enough.Token)).ToArray();
        try
        {
            await foreach (var wait in Task.WhenEach(waits).ConfigureAwait(false))
                await wait.ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var behind = runners.Where(r => !r.HasPassed(position)).Select(r => r.Leading.Status)
                .Select(s => $"{s.Shard} is {s.State} at {s.Position}");
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

    private ProjectionRunner Runner(string projection)
    {
        _ = _projections.Find(projection);
        return Running().Runners.TryGetValue(projection, out var runner)
            ? runner
            : throw new ArgumentException($"Projection '{projection}' is not async; the daemon does not run it.", nameof(projection));
    }

    private Run Running() => _run ?? throw new InvalidOperationException("The daemon does not run in this process. Start it, or ask " +
        "where it runs.");

    [LoggerMessage(EventId = 1411, Level = LogLevel.Information, Message = "The daemon runs {Projections} projection(s) on {Storage}.")]
    private partial void LogStarted(int projections, string storage);

    [LoggerMessage(EventId = 1412, Level = LogLevel.Information, Message = "The daemon has stopped.")]
    private partial void LogStopped();
}
