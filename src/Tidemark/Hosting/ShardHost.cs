using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>Runs the shards of one event database that this node owns.</summary>
internal sealed partial class ShardHost(
    EventDatabase database, IReadOnlyList<Projection> projections, ShardRuntime runtime, HostedShards hosted, ILogger logger,
    CancellationToken abort)
{
    private const long StateBytesMin = 256 * 1024;

    // A build is swapped in once all its shards have passed the same position; those that pass it late would keep readers waiting.
    private static readonly TimeSpan BuildProgressInterval = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadyRetryMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadyRetryMax = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, Projection> _projections = projections.ToDictionary(p => p.Name, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ShardName, RunningShard> _running = new();
    private readonly ConcurrentDictionary<string, Position> _reached = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<ReadModelGeneration> _generations = [];
    private volatile bool _isReady;
    private int _refreshesAgain;

    /// <summary>The agents of the shards that run here.</summary>
    public IEnumerable<ShardAgent> Agents => _running.Values.Select(r => r.Agent).OfType<ShardAgent>();

    /// <summary>Whether any shard runs here.</summary>
    public bool HasShards => !_running.IsEmpty;

    /// <summary>The generations as last read.</summary>
    public IReadOnlyList<ReadModelGeneration> Generations => _generations;

    /// <summary>Fires when generations were read anew, and when a shard starts or ends here.</summary>
    public AsyncPulse ShardsChanged { get; } = new();

    /// <summary>Called when a shard starts here; ends when it does.</summary>
    public Func<ShardLease, CancellationToken, Task> Tend { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>The cluster as this node knows it.</summary>
    public Func<LeaseBook> Book { get; set; } = () => LeaseBook.Empty;

    /// <summary>Called when a shard needs a tick soon.</summary>
    public Action Ask { get; set; } = () => { };

    /// <summary>The agent of a shard that runs here; null when it does not, or not yet.</summary>
    public ShardAgent? Find(ShardName shard) => _running.GetValueOrDefault(shard)?.Agent;

    /// <summary>The live generation of a projection; null before its first one is made.</summary>
    public ReadModelGeneration? LiveOf(string projection) =>
        _generations.LastOrDefault(g => g.Projection == projection && g.State == GenerationState.Live);

    /// <summary>What makes the agents of subscriptions; null when this process has none.</summary>
    public SubscriptionHost? Subscriptions { get; set; }

    /// <summary>Starts a shard that this node owns; see <see cref="IShardHost.Start"/>.</summary>
    public void Start(ShardLease lease, int shardsHere)
    {
        Func<RunningShard, ShardAgent> make;
        if (lease.IsSubscription)
        {
            // What this process does not know yet it learns soon, and is then asked to start again.
            if (Subscriptions?.Make(lease) is not { } agent)
                return;
            make = running => running.Use(agent, null);
        }
        else
        {
            if (!_projections.TryGetValue(lease.Shard.Projection, out var projection) || projection.Version != lease.Version)
                return;
            make = running => Make(running, lease, projection, shardsHere);
        }

        var running = new RunningShard(abort);
        _running[lease.Shard] = running;
        hosted.Epochs[lease.Shard] = lease.Epoch;
        if (_isReady)
            make(running);
        running.Begin(stop => RunAsync(running, lease, make, stop));
        ShardsChanged.Fire();
    }

    /// <summary>Ends the shards whose subscription's definition has changed; the node starts them again with the new one.</summary>
    public void RestartOutdated()
    {
        foreach (var shard in Subscriptions?.Outdated ?? [])
            _ = StopAsync(shard);
    }

    /// <summary>Begins to drain a shard; see <see cref="IShardHost.StopAsync"/>.</summary>
    public Task StopAsync(ShardName shard) => _running.TryGetValue(shard, out var running) ? running.StopAsync() : Task.CompletedTask;

    /// <summary>What keeps a running shard from getting on; null when nothing does.</summary>
    public ShardProblem? ProblemOf(ShardName shard)
    {
        var running = _running.GetValueOrDefault(shard);
        return running?.Agent?.Status.Error is { } error
            ? Problem(error.Category, error.Exception, error.NextTry)
            : running?.Problem;
    }

    /// <summary>The shards of the database have changed.</summary>
    public void Changed()
    {
        if (_isReady)
            _ = Task.Run(() => RefreshAsync(abort), CancellationToken.None);
    }

    /// <summary>Opens the database and reads its generations, unless that was done.</summary>
    public async Task GetReadyAsync(CancellationToken cancellationToken)
    {
        if (_isReady)
            return;
        await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await ReadGenerationsAsync(cancellationToken).ConfigureAwait(false);
    }

    private static ShardProblem Problem(ErrorCategory category, Exception error, DateTimeOffset nextTry) => new(
        category.ToString(), error.Message,
        new DateTimeOffset(nextTry.UtcTicks - (nextTry.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero));

    private ShardAgent Make(RunningShard running, ShardLease lease, Projection projection, int shardsHere)
    {
        var state = Math.Max(StateBytesMin, runtime.Options.StateBytesMax / Math.Max(shardsHere, 1));
        var builds = IsBuilding(_generations, lease.Shard);
        var options = builds ? runtime.Options.With(BuildProgressInterval) : runtime.Options;
        var consumer = new ProjectionConsumer(
            lease.Shard, projection, database.ApplierContext(lease.Shard, state), database.Storage.Checkpoints,
            database.Storage.DeadLetters, options, database.Parts.LargeCommits, lease.Epoch);
        if (RaisesFrom(projection, lease.Shard, builds) is { } after)
            consumer.Effects?.StartAfter(after);
        var agent = new ShardAgent(lease.Shard, consumer, ErrorsOf(projection, lease.Shard, builds), runtime with { Options = options })
        {
            IsBuilding = builds,
            Tenants = consumer.ShareTurns(runtime with { Options = options }, projection.KeepsTenantsApart),
        };
        return running.Use(agent, consumer.Effects);
    }

    // Until its database is ready, a shard has no agent that could tell what is wrong; it tries again until told to stop.
    private async Task RunAsync(RunningShard running, ShardLease lease, Func<RunningShard, ShardAgent> make, CancellationToken stop)
    {
        try
        {
            for (var wait = ReadyRetryMin; !_isReady; wait = wait < ReadyRetryMax ? wait * 2 : ReadyRetryMax)
            {
                if (await TryGetReadyAsync(running, lease, wait, stop).ConfigureAwait(false))
                    break;
                await Task.Delay(wait, runtime.Time, stop).ConfigureAwait(false);
            }

            running.Problem = null;
            var agent = running.Agent ?? make(running);
            ShardsChanged.Fire();
            await WatchAsync(agent, lease, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop before it could begin.
        }
        catch (Exception e)
        {
            LogEnded(lease.Shard, e);
        }

        Subscriptions?.Ended(lease.Shard);
        _running.TryRemove(lease.Shard, out _);
        hosted.Epochs.TryRemove(lease.Shard, out _);
        ShardsChanged.Fire();
        Ask();
    }

    private async Task<bool> TryGetReadyAsync(RunningShard running, ShardLease lease, TimeSpan wait, CancellationToken stop)
    {
        try
        {
            await GetReadyAsync(stop).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            LogNotReady(lease.Shard, database.Storage.Description, e);
            var category = database.Storage.IsTransient(e) ? ErrorCategory.Database : ErrorCategory.Start;
            running.Problem = Problem(category, e, runtime.Time.GetUtcNow() + wait);
            Ask();
            return false;
        }
    }

    // Waits and swaps rest on what is read here, so a failed try is repeated until one succeeds; one repetition at a time is enough.
    private async Task RefreshAgainAsync()
    {
        if (Interlocked.Exchange(ref _refreshesAgain, 1) == 1)
            return;
        await Task.Delay(RefreshAfter, runtime.Time, abort).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Volatile.Write(ref _refreshesAgain, 0);
        if (!abort.IsCancellationRequested)
            await RefreshAsync(abort).ConfigureAwait(false);
    }

    /// <summary>Reads the generations anew, and lets running shards follow: a build that went live has the options of live ones.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadGenerationsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogNotRefreshed(e);
            _ = RefreshAgainAsync();
        }
    }

    private async Task ReadGenerationsAsync(CancellationToken cancellationToken)
    {
        var generations = await database.Storage.ReadModels.ReadGenerationsAsync(cancellationToken).ConfigureAwait(false);
        await NoteReachedAsync(generations, cancellationToken).ConfigureAwait(false);

        // Whoever sees that a build went live may rely on its shards' being live ones; those that start meanwhile follow too.
        Follow(generations);
        _generations = generations;
        _isReady = true;
        Follow(generations);
        ShardsChanged.Fire();
    }

    private void Follow(IReadOnlyList<ReadModelGeneration> generations)
    {
        foreach (var (shard, running) in _running)
        {
            if (running.Agent is not { } agent || !_projections.TryGetValue(shard.Projection, out var projection))
                continue;
            agent.IsBuilding = IsBuilding(generations, shard);
            agent.Errors = ErrorsOf(projection, shard, agent.IsBuilding);
        }
    }

    // How far live generations are beside which another one is built that will raise side effects.
    private async Task NoteReachedAsync(IReadOnlyList<ReadModelGeneration> generations, CancellationToken cancellationToken)
    {
        var built = generations.Where(g => g.State == GenerationState.Building && _projections.TryGetValue(g.Projection, out var p)
            && p.RaisesEffects).Select(g => g.Projection).ToHashSet(StringComparer.Ordinal);
        if (built.Count == 0)
            return;
        var stored = await database.Storage.Checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        foreach (var live in generations.Where(g => g.State == GenerationState.Live && built.Contains(g.Projection)))
        {
            var own = stored.Where(c => c.Shard.Projection == live.Projection && c.Shard.Generation == live.Generation).ToArray();
            _reached[live.Projection] = own.Length == 0 ? Position.Beginning : own.Min(c => c.Position);
        }
    }

    /// <summary>
    /// Lets a build that has caught up raise side effects. Returns the position from which on it does; null when it raises none.
    /// </summary>
    public Position? StartEffects(ShardName shard) => _running.GetValueOrDefault(shard)?.Effects?.Start();

    // A build raises nothing while the former shards do; without them it goes on where they stopped.
    private Position? RaisesFrom(Projection projection, ShardName shard, bool builds)
    {
        if (!projection.RaisesEffects)
            return null;
        if (!builds)
            return Position.Beginning;
        var live = LiveOf(shard.Projection)?.Generation;
        var book = Book();
        var former = book.Of(shard.Projection, live ?? 0, database.Name).ToArray();
        return former.Any(l => l.State == LeaseState.Wanted && book.OwnerOf(l) is not null)
            ? null
            : _reached.GetValueOrDefault(shard.Projection, Position.Beginning);
    }

    private static bool IsBuilding(IReadOnlyList<ReadModelGeneration> generations, ShardName shard) => generations.Any(
        g => g.Projection == shard.Projection && g.Generation == shard.Generation && g.State == GenerationState.Building);

    private ErrorOptions ErrorsOf(Projection projection, ShardName shard, bool building)
    {
        var errors = building
            ? projection.ErrorsWhileRebuilding ?? runtime.Options.ErrorsWhileRebuilding
            : projection.Errors ?? runtime.Options.Errors;

        // Shards that divide the keys meet in the same streams: one of them alone cannot keep a stream waiting.
        return projection.IsSplitByKey && shard.Slots != SlotRange.All ? errors.WithoutPark() : errors;
    }

    // A shard ends because it was told to. Should it ever end by itself, the next tick starts it again.
    private async Task WatchAsync(ShardAgent agent, ShardLease lease, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var beside = Task.WhenAll(Tend(lease, ended.Token), WatchFencesAsync(agent, lease, ended.Token));
        try
        {
            await agent.RunAsync(stop, abort).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogEnded(lease.Shard, e);
        }

        await ended.CancelAsync().ConfigureAwait(false);
        await beside.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // The event database knows a higher epoch than the lease: another owner has come since, or the coordination database was set back.
    private async Task WatchFencesAsync(ShardAgent agent, ShardLease lease, CancellationToken stop)
    {
        while (true)
        {
            await ShardWaits.UntilAsync(agent, s => s.Error?.Category == ErrorCategory.Fenced, stop).ConfigureAwait(false);
            try
            {
                var all = await database.Storage.Checkpoints.ReadAllAsync(stop).ConfigureAwait(false);
                if (all.FirstOrDefault(c => c.Shard == lease.Shard) is { } stored && stored.Epoch.Value > lease.Epoch.Value)
                    hosted.Raises[lease.Shard] = new Epoch(stored.Epoch.Value + 1);
                Ask();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogNotRefreshed(e);
            }

            await ShardWaits.UntilAsync(agent, s => s.Error?.Category != ErrorCategory.Fenced, stop).ConfigureAwait(false);
        }
    }

    [LoggerMessage(EventId = 1421, Level = LogLevel.Error, Message = "Shard {Shard} ended by itself; it starts again.")]
    private partial void LogEnded(ShardName shard, Exception error);

    [LoggerMessage(EventId = 1422, Level = LogLevel.Warning, Message = "Generations or checkpoints could not be read; trying again.")]
    private partial void LogNotRefreshed(Exception error);

    [LoggerMessage(EventId = 1423, Level = LogLevel.Warning, Message = "Shard {Shard} cannot begin: {Database} is not " +
        "ready; trying again.")]
    private partial void LogNotReady(ShardName shard, string database, Exception error);
}
