using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>
/// The daemon's work on one event database, which may be that of a tenant: waits, rebuilds, dead letters. Safe for concurrent use.
/// </summary>
public abstract partial class DatabaseDaemon
{
    private readonly EventDatabase _database;
    private readonly ProjectionCatalog _projections;
    private readonly TenantId? _tenant;

    private protected DatabaseDaemon(EventDatabase database, ProjectionCatalog projections, TenantId? tenant)
    {
        _database = database;
        _projections = projections;
        _tenant = tenant;
    }

    /// <summary>The event database's name.</summary>
    public string Database => _database.Name;

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

    /// <summary>
    /// Waits until a projection has passed a position: read your own write with <see cref="Log.AppendResult.Last"/>. That of a tenant (<see
    /// cref="Daemon.ForTenant"/>) waits for this tenant's events alone: another one that was left behind does not count.
    /// </summary>
    /// <param name="projection">The projection's name.</param>
    /// <param name="position">The position.</param>
    /// <param name="timeout">How long to wait at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ShardPausedException">
    /// The projection is paused, and the inner exception is its error; or it has left a tenant behind whose event failed.
    /// </exception>
    /// <exception cref="TimeoutException">It has not passed the position in time.</exception>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    public Task WaitForAsync(string projection, Position position, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        WaitAsync([Async(projection)], position, timeout, cancellationToken);

    /// <summary>
    /// Waits until every projection has passed everything that was committed before this call; that of a tenant (<see
    /// cref="Daemon.ForTenant"/>), everything of this tenant.
    /// </summary>
    /// <param name="timeout">How long to wait at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ShardPausedException">A projection is paused; the inner exception is its error.</exception>
    /// <exception cref="TimeoutException">They have not in time.</exception>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    public virtual async Task WaitForCaughtUpAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
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
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, run.Stop);
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

    /// <summary>
    /// Ends the pauses of a projection's shards on this node at once, and those of tenants that they left behind; they try again.
    /// </summary>
    /// <param name="projection">The projection's name.</param>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    public void Resume(string projection)
    {
        var wanted = Async(projection);
        foreach (var agent in Running().Host.Agents.Where(a => a.Name.Projection == wanted.Name))
            agent.Resume();
    }

    private async Task WaitAsync(
        IReadOnlyList<Projection> projections, Position position, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var run = Running();
        using var late = new CancellationTokenSource(timeout, _database.Time);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        var waits = projections.Select(p => run.Progress.UntilPassedAsync(
            () => LiveShards(run, p), position, stored => CheckNotPaused(run, p, position, stored), _tenant, enough.Token)).ToArray();
        try
        {
            await foreach (var wait in Task.WhenEach(waits).ConfigureAwait(false))
                await wait.ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var behind = projections.Where((_, n) => !waits[n].IsCompletedSuccessfully)
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
    private IReadOnlyList<ShardLease> LiveShards(DatabaseRun run, Projection projection) =>
        run.Host.LiveOf(projection.Name) is { } live && live.Version >= projection.Version
            ? [.. run.Node.Book.Of(projection.Name, live.Generation, _database.Name).Where(l => l.State != LeaseState.Retired)]
            : [];

    private static IEnumerable<string> Describe(DatabaseRun run, Projection projection)
    {
        foreach (var lease in run.Leases.Where(l => l.Shard.Projection == projection.Name))
        {
            if (run.Host.Find(lease.Shard) is { } agent)
                yield return $"{lease.Shard} is {agent.Status.State} at {agent.Status.Position}{Describe(agent.Status.TenantsBehind)}";
            else if (run.Node.Book.OwnerOf(lease) is { } owner)
                yield return $"{lease.Shard} runs on node {run.Node.Book.Nodes.First(n => n.Id == owner).Name}";
            else
                yield return $"{lease.Shard} runs nowhere: " +
                    $"{run.Node.Book.Plan.Unplaced.GetValueOrDefault(lease.Shard) ?? lease.State.ToString()}";
        }
    }

    private static string Describe(IReadOnlyList<TenantBehind> behind) =>
        behind.Count == 0 ? "" : $" without {string.Join(" and ", behind)}";

    // A pause of the shards that readers wait for ends the wait with their error; before a first build or a new version is live, those are
    // the shards that build it.
    private void CheckNotPaused(DatabaseRun run, Projection projection, Position position, IReadOnlyList<Checkpoint> stored)
    {
        var live = run.Host.LiveOf(projection.Name);
        foreach (var agent in run.Host.Agents.Where(a => a.Name.Projection == projection.Name))
        {
            if (live?.Version == projection.Version && agent.Name.Generation != live.Generation)
                continue;
            if (agent.Status is { State: ShardState.Paused, Error: not null } status)
                throw new ShardPausedException(status);
            CheckNotStuck(agent.Name, agent.WaitingTenants, position);
        }

        var now = _database.Time.GetUtcNow();
        foreach (var checkpoint in stored)
            CheckNotStuck(checkpoint.Shard, [.. checkpoint.Behind.Where(b => b.Problem?.NextTry > now)], position);
        foreach (var lease in run.Leases)
        {
            if (lease.Problem is { } problem && lease.Shard.Projection == projection.Name && lease.Shard.Generation == live?.Generation
                && run.Node.Book.OwnerOf(lease) is { } owner && owner != run.Node.Id)
            {
                throw new ShardPausedException(lease.Shard, problem);
            }
        }
    }

    private void CheckNotStuck(ShardName shard, IReadOnlyList<TenantBehind> behind, Position position)
    {
        if (TenantBehind.Stuck(behind, position, _tenant) is { } stuck)
            throw new ShardPausedException(shard, stuck);
    }

    private protected abstract DatabaseRun Running();

    private Projection Async(string projection)
    {
        var found = _projections.Find(projection);
        return _projections.Of(ProjectionLifecycle.Async).Contains(found)
            ? found
            : throw new ArgumentException($"Projection '{projection}' is not async; the daemon does not run it.", nameof(projection));
    }
}
