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

/// <summary>Runs the shards that this node owns.</summary>
internal sealed partial class ShardHost(
    EventDatabase database, IReadOnlyList<Projection> projections, ShardRuntime runtime, ILogger logger, CancellationToken abort)
    : IShardHost
{
    private const long StateBytesMin = 256 * 1024;

    // A build is swapped in once all its shards have passed the same position; those that pass it late would keep readers waiting.
    private static readonly TimeSpan BuildProgressInterval = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Projection> _projections = projections.ToDictionary(p => p.Name, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ShardName, RunningShard> _running = new();
    private readonly ConcurrentDictionary<ShardName, Epoch> _epochs = new();
    private readonly ConcurrentDictionary<ShardName, Epoch> _raises = new();
    private readonly ConcurrentDictionary<string, Position> _reached = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<ReadModelGeneration> _generations = [];
    private int _refreshesAgain;
    private volatile LeaseBook _book = LeaseBook.Empty;

    /// <inheritdoc />
    public IReadOnlyList<Capability> Capabilities { get; } = [.. projections.Select(p => new Capability(p.Name, p.Version))];

    /// <inheritdoc />
    public IReadOnlyDictionary<ShardName, Epoch> Running => _epochs;

    /// <inheritdoc />
    public bool HasRaises => !_raises.IsEmpty;

    /// <summary>The agents of the shards that run here.</summary>
    public IEnumerable<ShardAgent> Agents => _running.Values.Select(r => r.Agent);

    /// <summary>The generations as last read.</summary>
    public IReadOnlyList<ReadModelGeneration> Generations => _generations;

    /// <summary>Fires when generations were read anew, and when a shard starts or ends here.</summary>
    public AsyncPulse ShardsChanged { get; } = new();

    /// <summary>Called when a shard starts here; ends when it does.</summary>
    public Func<ShardLease, CancellationToken, Task> Tend { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called when a shard needs a tick soon.</summary>
    public Action Ask { get; set; } = () => { };

    /// <summary>The agent of a shard that runs here; null when it does not.</summary>
    public ShardAgent? Find(ShardName shard) => _running.GetValueOrDefault(shard)?.Agent;

    /// <summary>The live generation of a projection; null before its first one is made.</summary>
    public ReadModelGeneration? LiveOf(string projection) =>
        _generations.LastOrDefault(g => g.Projection == projection && g.State == GenerationState.Live);

    /// <inheritdoc />
    public void Start(ShardLease lease, int shardsHere)
    {
        if (!_projections.TryGetValue(lease.Shard.Projection, out var projection) || projection.Version != lease.Version)
            return;
        var state = Math.Max(StateBytesMin, runtime.Options.StateBytesMax / Math.Max(shardsHere, 1));
        var builds = IsBuilding(lease.Shard);
        var options = builds ? runtime.Options.With(BuildProgressInterval) : runtime.Options;
        var consumer = new ProjectionConsumer(
            lease.Shard, projection, database.ApplierContext(lease.Shard, state), database.Storage.Checkpoints,
            database.Storage.DeadLetters, options, database.LargeCommits, lease.Epoch);
        if (RaisesFrom(projection, lease.Shard, builds) is { } after)
            consumer.Effects?.StartAfter(after);
        var agent = new ShardAgent(lease.Shard, consumer, ErrorsOf(projection, lease.Shard, builds), runtime with { Options = options })
        {
            IsBuilding = builds,
        };
        consumer.CommitShare = () => agent.IsBuilding ? runtime.Throttle.CommitShare : 1;
        var running = new RunningShard(agent, consumer.Effects, abort);
        _running[lease.Shard] = running;
        _epochs[lease.Shard] = lease.Epoch;
        running.Begin(stop => WatchAsync(running, lease, stop));
        ShardsChanged.Fire();
    }

    /// <inheritdoc />
    public Task StopAsync(ShardName shard) => _running.TryGetValue(shard, out var running) ? running.StopAsync() : Task.CompletedTask;

    /// <inheritdoc />
    public ShardProblem? ProblemOf(ShardName shard)
    {
        if (Find(shard)?.Status.Error is not { } error)
            return null;
        var ticks = error.NextTry.UtcTicks;
        return new ShardProblem(
            error.Category.ToString(), error.Exception.Message,
            new DateTimeOffset(ticks - (ticks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero));
    }

    /// <inheritdoc />
    public IReadOnlyList<KeyValuePair<ShardName, Epoch>> TakeRaises()
    {
        var taken = _raises.ToArray();
        foreach (var (shard, _) in taken)
            _raises.TryRemove(shard, out _);
        return taken;
    }

    /// <inheritdoc />
    public void Changed(LeaseBook book)
    {
        _book = book;
        _ = Task.Run(() => RefreshAsync(abort), CancellationToken.None);
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
            var generations = await database.Storage.ReadModels.ReadGenerationsAsync(cancellationToken).ConfigureAwait(false);
            await NoteReachedAsync(generations, cancellationToken).ConfigureAwait(false);
            _generations = generations;
            foreach (var (shard, running) in _running)
            {
                running.Agent.IsBuilding = IsBuilding(shard);
                running.Agent.Errors = ErrorsOf(_projections[shard.Projection], shard, running.Agent.IsBuilding);
            }

            ShardsChanged.Fire();
        }
        catch (Exception e)
        {
            LogNotRefreshed(e);
            _ = RefreshAgainAsync();
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
        var former = _book.Of(shard.Projection, live ?? 0, database.Name).ToArray();
        return former.Any(l => l.State == LeaseState.Wanted && _book.OwnerOf(l) is not null)
            ? null
            : _reached.GetValueOrDefault(shard.Projection, Position.Beginning);
    }

    private bool IsBuilding(ShardName shard) => _generations.Any(
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
    private async Task WatchAsync(RunningShard running, ShardLease lease, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var beside = Task.WhenAll(Tend(lease, ended.Token), WatchFencesAsync(running.Agent, lease, ended.Token));
        try
        {
            await running.Agent.RunAsync(stop, abort).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogEnded(lease.Shard, e);
        }

        await ended.CancelAsync().ConfigureAwait(false);
        await beside.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _running.TryRemove(lease.Shard, out _);
        _epochs.TryRemove(lease.Shard, out _);
        ShardsChanged.Fire();
        Ask();
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
                    _raises[lease.Shard] = new Epoch(stored.Epoch.Value + 1);
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
}
