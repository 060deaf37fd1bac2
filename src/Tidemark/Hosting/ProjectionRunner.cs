using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>
/// Runs one async projection: the shard of its live generation and, during a rebuild or after a change of version, the shard of the
/// generation that is built beside it,
/// until the two are swapped.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore holds no handle while nobody asks for its wait handle.")]
internal sealed partial class ProjectionRunner(
    Projection projection, EventDatabase database, ShardRuntime runtime, long stateBytesMax, ILogger logger, CancellationToken stop,
        CancellationToken abort)
{
    private readonly SemaphoreSlim _changing = new(1);
    private volatile ShardTask? _live;
    private volatile ShardTask? _building;
    private readonly AsyncPulse _swapped = new();
    private Task _swap = Task.CompletedTask;

    public Projection Projection { get; } = projection;

    /// <summary>The shards that run.</summary>
    public IEnumerable<ShardAgent> Agents => new[] { _live, _building }.OfType<ShardTask>().Select(t => t.Agent);

    /// <summary>The shard that keeps what readers see, or will see once its first build is done.</summary>
    public ShardAgent Leading => (_live ?? _building ?? _live)!.Agent;

    private IReadModelStore ReadModels => database.Storage.ReadModels;

    /// <summary>Whether what readers see has passed a position.</summary>
    public bool HasPassed(Position position) => _live is { } live && live.Agent.Status.Position >= position;

    /// <summary>Waits until what readers see has passed a position, also through a swap.</summary>
    /// <exception cref="ShardPausedException">The shard is paused.</exception>
    public async Task WaitAsync(Position position, CancellationToken cancellationToken)
    {
        while (!HasPassed(position))
        {
            var swapped = _swapped.Next;
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var passed = ShardWaits.UntilOrPausedAsync(Leading, _ => HasPassed(position), enough.Token);
            await Task.WhenAny(passed, swapped).ConfigureAwait(false);
            if (passed.IsFaulted && !swapped.IsCompleted)
                await passed.ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
            await passed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public async Task StartAsync(IReadOnlyList<ReadModelGeneration> all, CancellationToken cancellationToken)
    {
        var own = all.Where(g => g.Projection == Projection.Name).OrderBy(g => g.Generation).ToArray();
        var live = own.LastOrDefault(g => g.State == GenerationState.Live);
        var building = own.LastOrDefault(g => g.State == GenerationState.Building && g.Version == Projection.Version);
        if (live is null)
        {
            live = await PrepareAsync(building?.Generation ?? NextOf(own), cancellationToken).ConfigureAwait(false);
            building = null;
        }

        // A crash between swap and clean-up leaves the former generation's tables; dropping twice does no harm.
        foreach (var retired in own.Where(g => g.State == GenerationState.Retired).TakeLast(1))
            await RetireAsync(retired.Generation, cancellationToken).ConfigureAwait(false);

        if (live.Version == Projection.Version)
        {
            _live = Run(live.Generation, Projection.Errors ?? runtime.Options.Errors, Position.Beginning);
        }
        else
        {
            LogVersion(Projection.Name, live.Version, Projection.Version);
            building ??= await PrepareAsync(NextOf(own), cancellationToken).ConfigureAwait(false);
        }

        if (building is not null)
        {
            // While the former shard runs here, it raises the side effects. Otherwise they go on where it stopped.
            var raisesAfter = _live is not null || !Projection.RaisesEffects
                ? Position.Max : await ReachedAsync(live.Generation, cancellationToken).ConfigureAwait(false);
            Build(building.Generation, live.Generation, raisesAfter);
        }
    }

    /// <summary>
    /// Builds the read model anew beside the live one, and swaps them. When a rebuild is under way already, waits for that one.
    /// </summary>
    public async Task RebuildAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stop);
        try
        {
            await BeginRebuildAsync(end.Token).ConfigureAwait(false);
            await _swap.WaitAsync(end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException(
                $"The daemon stopped during the rebuild of projection '{Projection.Name}'; what was begun goes on at the next start.", e);
        }
    }

    public async Task StopAsync()
    {
        // Under the gate: no build begins after this.
        await _changing.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            foreach (var task in new[] { _live, _building }.OfType<ShardTask>())
                await task.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }

        await _swap.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task BeginRebuildAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_building is not null)
                return;
            var all = await ReadModels.ReadGenerationsAsync(cancellationToken).ConfigureAwait(false);
            var own = all.Where(g => g.Projection == Projection.Name).ToArray();
            var live = own.Single(g => g.State == GenerationState.Live);
            var made = await PrepareAsync(NextOf(own), cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            Build(made.Generation, live.Generation, Position.Max);
        }
        finally
        {
            _changing.Release();
        }
    }

    private static int NextOf(IEnumerable<ReadModelGeneration> own) => own.Select(g => g.Generation).DefaultIfEmpty().Max() + 1;

    private async Task<ReadModelGeneration> PrepareAsync(int generation, CancellationToken cancellationToken) =>
        await ReadModels.PrepareAsync(Projection.Name, Projection.Version, Projection.Schema, generation, cancellationToken)
            .ConfigureAwait(false);

    private async Task<Position> ReachedAsync(int generation, CancellationToken cancellationToken)
    {
        var all = await database.Storage.Checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        return all.FirstOrDefault(c => c.Shard.Projection == Projection.Name && c.Shard.Generation == generation)?.Position
            ?? Position.Beginning;
    }

    private ShardTask Run(int generation, ErrorOptions errors, Position raisesAfter)
    {
        var shard = new ShardName(Projection.Name, generation, SlotRange.All, database.Name);
        var consumer = new ProjectionConsumer(
            shard, Projection, database.ApplierContext(generation, stateBytesMax), database.Storage.Checkpoints, runtime.Options,
            database.LargeCommits);
        consumer.Effects?.StartAfter(raisesAfter);
        return new ShardTask(new ShardAgent(shard, consumer, errors, runtime), consumer.Effects, stop, abort);
    }

    private void Build(int generation, int former, Position raisesAfter)
    {
        _building = Run(generation, Projection.ErrorsWhileRebuilding ?? runtime.Options.ErrorsWhileRebuilding, raisesAfter);
        _swap = Task.Run(() => SwapUntilDoneAsync(generation, former), CancellationToken.None);
    }

    // A swap that fails (the database is away) is tried again: a build that is ready must not stay unseen.
    private async Task SwapUntilDoneAsync(int generation, int former)
    {
        while (true)
        {
            try
            {
                await SwapWhenReadyAsync(generation, former).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                LogSwapFailed(Projection.Name, generation, e);
                await Task.Delay(TimeSpan.FromSeconds(1), runtime.Time, stop).ConfigureAwait(false);
            }
        }
    }

    private async Task SwapWhenReadyAsync(int generation, int former)
    {
        var building = _building ?? _live!;

        // A shard that starts before the mark is known sees no events and takes itself for live. It is ready
        // once it has passed a mark that was read.
        var mark = await database.HighWater.RefreshAsync(stop).ConfigureAwait(false);
        await ShardWaits.UntilAsync(building.Agent, s => s.State == ShardState.Live && s.Position >= mark, stop).ConfigureAwait(false);
        LogBuilt(Projection.Name, generation);

        // The former shard ends first, at a position that the new one then reaches: readers never see the model go back.
        if (_live is { } live && live != building)
        {
            // Both raise side effects for a moment, under the same ids: none is lost between them.
            if (building.Effects?.Start() is { } from)
                await ShardWaits.UntilAsync(live.Agent, s => s.Position >= from, stop).ConfigureAwait(false);
            await live.DisposeAsync().ConfigureAwait(false);
            var reached = live.Agent.Status.Position;
            await ShardWaits.UntilAsync(building.Agent, s => s.Position >= reached, stop).ConfigureAwait(false);
        }

        await ReadModels.PublishAsync(Projection.Name, Projection.Schema, generation, stop).ConfigureAwait(false);
        building.Agent.Errors = Projection.Errors ?? runtime.Options.Errors;
        _live = building;
        _building = null;
        _swapped.Fire();
        LogSwapped(Projection.Name, generation);
        await RetireAsync(former, stop).ConfigureAwait(false);
    }

    private async Task RetireAsync(int generation, CancellationToken cancellationToken)
    {
        await database.Storage.Checkpoints.DeleteAsync(Projection.Name, generation, cancellationToken).ConfigureAwait(false);
        await ReadModels.DropAsync(Projection.Name, Projection.Schema, generation, cancellationToken).ConfigureAwait(false);
    }

    [LoggerMessage(EventId = 1401, Level = LogLevel.Information, Message = "Projection {Projection} changed from version {From} to " +
        "{To}: its read model is built anew beside the old one.")]
    private partial void LogVersion(string projection, int from, int to);

    [LoggerMessage(EventId = 1402, Level = LogLevel.Information, Message = "Projection {Projection}: generation {Generation} has " +
        "caught up.")]
    private partial void LogBuilt(string projection, int generation);

    [LoggerMessage(EventId = 1404, Level = LogLevel.Warning, Message = "Projection {Projection}: generation {Generation} could not be " +
        "swapped in; trying again.")]
    private partial void LogSwapFailed(string projection, int generation, Exception error);

    [LoggerMessage(EventId = 1403, Level = LogLevel.Information, Message = "Projection {Projection}: readers now see generation " +
        "{Generation}.")]
    private partial void LogSwapped(string projection, int generation);
}
