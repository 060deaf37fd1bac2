using Microsoft.Extensions.Logging;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Projections;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>
/// Keeps the generations of one projection: makes them, and swaps a build in once all its shards have caught up, whatever nodes they run
/// on. The node that owns the build's first shard does it; each step can be done again, so when that node dies the next owner goes on.
/// </summary>
internal sealed partial class GenerationKeeper(
    Projection projection, EventDatabase database, ShardHost host, NodeAgent node, Progress progress, TidemarkOptions options,
    ILogger logger)
{
    private static readonly TimeSpan SwapMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    // The shards of a tenant's database run together, unless the projection says otherwise: then one node alone reads it, once.
    private string? Group => projection.Group ?? (database.Name == StorageContext.MainDatabase ? null : database.Name);

    private readonly ShardStates _states = new(node, database.Time);

    private IReadModelStore ReadModels => database.Storage.ReadModels;

    /// <summary>Makes the generations that this version of the projection needs, and says which shards they have.</summary>
    /// <param name="all">The generations of all projections.</param>
    /// <param name="stored">The checkpoints of all shards; read once for all projections, as there may be thousands.</param>
    /// <param name="cancellationToken">Breaks off.</param>
    public async Task<IReadOnlyList<ShardLease>> PrepareAsync(
        IReadOnlyList<ReadModelGeneration> all, IReadOnlyList<Checkpoint> stored, CancellationToken cancellationToken)
    {
        var own = Own(all);
        var live = own.LastOrDefault(g => g.State == GenerationState.Live);
        var building = own.LastOrDefault(g => g.State == GenerationState.Building && g.Version == projection.Version);
        if (live is null)
        {
            live = await MakeAsync(building?.Generation ?? NextOf(own), cancellationToken).ConfigureAwait(false);
            building = null;
        }
        else if (live.Version < projection.Version && building is null)
        {
            LogVersion(projection.Name, live.Version, projection.Version);
            building = await MakeAsync(NextOf(own), cancellationToken).ConfigureAwait(false);
        }
        else if (live.Version > projection.Version)
        {
            LogOlder(projection.Name, live.Version, projection.Version);
        }

        var shards = ShardsOf(live, stored);
        return building is null ? shards : [.. shards, .. ShardsOf(building, stored)];
    }

    /// <summary>Refuses to have the projection run as several shards when it cannot.</summary>
    public void CheckCanSplit()
    {
        if (projection is CompositeProjection || projection.RaisesEffects)
        {
            throw new ArgumentException(
                $"Projection '{projection.Name}' cannot be split: a composite, and one that raises side effects, runs as one shard.");
        }
    }

    /// <summary>Begins a new generation beside the live one, unless one is being built. Returns the one that is.</summary>
    public async Task<int> BeginRebuildAsync(CancellationToken cancellationToken)
    {
        var own = Own(await ReadModels.ReadGenerationsAsync(cancellationToken).ConfigureAwait(false));
        var building = own.LastOrDefault(g => g.State == GenerationState.Building && g.Version == projection.Version)
            ?? await MakeAsync(NextOf(own), cancellationToken).ConfigureAwait(false);
        node.Register(ShardsOf(building, await database.Storage.Checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false)));
        await host.RefreshAsync(cancellationToken).ConfigureAwait(false);
        node.Ask();
        return building.Generation;
    }

    /// <summary>For the owner of a generation's first shard: swaps it in when it is a build, and clears away what it replaces.</summary>
    public async Task TendAsync(int generation, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var own = Own(await ReadModels.ReadGenerationsAsync(cancellationToken).ConfigureAwait(false));
                var state = own.FirstOrDefault(g => g.Generation == generation)?.State;
                var former = own.Where(g => g.Generation < generation && g.State != GenerationState.Retired).Select(g => g.Generation);
                if (state == GenerationState.Building
                    && !await TrySwapAsync(generation, [.. former], cancellationToken).ConfigureAwait(false))
                {
                    continue;
                }

                if (state is GenerationState.Building or GenerationState.Live)
                    await ClearAsync(generation, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogSwapFailed(projection.Name, generation, e);
                await Task.Delay(RetryAfter, database.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // False when the former shards had to be let go on: the new ones took too long to pass them.
    private async Task<bool> TrySwapAsync(int generation, int[] formerGenerations, CancellationToken cancellationToken)
    {
        // A shard that starts before the mark is known sees no events and takes itself for live: it is ready once it has passed a mark that
        // was read.
        var mark = await database.HighWater.RefreshAsync(cancellationToken).ConfigureAwait(false);
        await progress.UntilPassedAsync(() => Wanted([generation]), mark, _ => { }, null, cancellationToken).ConfigureAwait(false);
        LogBuilt(projection.Name, generation);

        // Both raise side effects for a moment, under the same ids: none is lost between them.
        foreach (var lease in Wanted(generation))
        {
            if (Wanted(formerGenerations).Any(l => node.Book.OwnerOf(l) is not null) && host.StartEffects(lease.Shard) is { } from)
            {
                await progress.UntilPassedAsync(() => Wanted(formerGenerations), from, _ => { }, null, cancellationToken)
                    .ConfigureAwait(false);
            }
        }

        // The former shards end first, at positions that the new ones then reach: readers never see the model go back.
        var former = await _states.SetAsync(() => To(LeaseState.Retired, Wanted(formerGenerations)), cancellationToken)
            .ConfigureAwait(false);
        var reached = await EndFormerAsync(formerGenerations, cancellationToken).ConfigureAwait(false);
        if (!await PassInTimeAsync(generation, reached, cancellationToken).ConfigureAwait(false))
        {
            LogSwapPutOff(projection.Name, generation, reached.Value);
            await _states.SetAsync(() => Restored(former), cancellationToken).ConfigureAwait(false);
            return false;
        }

        await ReadModels.PublishAsync(projection.Name, projection.Schema, generation, cancellationToken).ConfigureAwait(false);
        await host.RefreshAsync(cancellationToken).ConfigureAwait(false);
        LogSwapped(projection.Name, generation);
        return true;
    }

    private async Task<bool> PassInTimeAsync(int generation, Position reached, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(SwapMax, database.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await progress.UntilPassedAsync(() => Wanted([generation]), reached, _ => { }, null, either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    // Waits until nobody owns a former shard, and installs an epoch above every earlier one: not even a process that was frozen meanwhile
    // writes to it any more. Returns how far they came.
    private async Task<Position> EndFormerAsync(int[] generations, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (changed, hosted) = (node.BookChanged.Next, host.ShardsChanged.Next);
            if (Of(generations).All(l => l.State == LeaseState.Retired && node.Book.OwnerOf(l) is null && host.Find(l.Shard) is null))
                break;
            await Task.WhenAny(changed, hosted).WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        var reached = Position.Beginning;
        foreach (var lease in Of(generations))
        {
            try
            {
                var last = await database.Storage.Checkpoints.OpenAsync(lease.Shard, epoch: null, cancellationToken).ConfigureAwait(false);
                reached = Position.Later(reached, last.Position);
            }
            catch (FencedException)
            {
                // A split or a merge has replaced it: nobody writes to it any more.
            }
        }

        return reached;
    }

    // Every node is told to look at the generations again: the live one's shards count as changed. Former generations go, but for those
    // kept.
    private async Task ClearAsync(int generation, CancellationToken cancellationToken)
    {
        var own = Own(await ReadModels.ReadGenerationsAsync(cancellationToken).ConfigureAwait(false));
        int[] former = [.. own.Where(g => g.Generation < generation).Select(g => g.Generation)];
        await _states.SetAsync(
            () => Wanted(generation).Select(l => KeyValuePair.Create(l, l.State)).Concat(To(LeaseState.Retired, Wanted(former))),
            cancellationToken).ConfigureAwait(false);
        var retired = await FormerAsync(own.Where(g => g.Generation < generation), cancellationToken).ConfigureAwait(false);
        foreach (var old in retired.SkipLast(options.FormerGenerationsKept))
            await DropAsync(old, cancellationToken).ConfigureAwait(false);

        // Builds of older versions that were overtaken are of no use to anybody.
        foreach (var old in own.Where(g => g.Generation < generation && g.State == GenerationState.Building))
            await DropAsync(old.Generation, cancellationToken).ConfigureAwait(false);
    }

    // Those that were dropped stay in the list of generations, but have no checkpoints any more.
    private async Task<int[]> FormerAsync(IEnumerable<ReadModelGeneration> own, CancellationToken cancellationToken)
    {
        var stored = await database.Storage.Checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        var known = stored.Where(c => c.Shard.Projection == projection.Name).Select(c => c.Shard.Generation).ToHashSet();
        return [.. own.Where(g => g.State == GenerationState.Retired && known.Contains(g.Generation)).Select(g => g.Generation)];
    }

    /// <summary>Drops a former generation's tables and checkpoints. Doing it again does no harm.</summary>
    public async Task DropAsync(int generation, CancellationToken cancellationToken)
    {
        await ReadModels.DropAsync(projection.Name, projection.Schema, generation, cancellationToken).ConfigureAwait(false);
        await database.Storage.Checkpoints.DeleteAsync(projection.Name, generation, cancellationToken).ConfigureAwait(false);
        await node.ChangeAsync(
            new LeaseChange { Remove = [.. Of([generation]).Select(l => l.Shard)] }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Drops every former generation.</summary>
    public async Task<int> DropFormerAsync(CancellationToken cancellationToken)
    {
        var own = Own(await ReadModels.ReadGenerationsAsync(cancellationToken).ConfigureAwait(false));
        var former = await FormerAsync(own, cancellationToken).ConfigureAwait(false);
        foreach (var generation in former)
            await DropAsync(generation, cancellationToken).ConfigureAwait(false);
        return former.Length;
    }

    private static IEnumerable<KeyValuePair<ShardLease, LeaseState>> To(LeaseState state, IEnumerable<ShardLease> shards) =>
        shards.Select(l => KeyValuePair.Create(l, state));

    // Those that the swap retired, as they were before: what an operator had paused stays paused.
    private IEnumerable<KeyValuePair<ShardLease, LeaseState>> Restored(IEnumerable<ShardLease> former) =>
        from before in former
        where node.Book.Shards.TryGetValue(before.Shard, out var now) && now.State == LeaseState.Retired
        select KeyValuePair.Create(node.Book.Shards[before.Shard], before.State);

    private ShardLease[] Wanted(params int[] generations) => [.. Of(generations).Where(l => l.State != LeaseState.Retired)];

    private IEnumerable<ShardLease> Of(int[] generations) => node.Book.Shards.Values.Where(
        l => l.Shard.Projection == projection.Name && l.Shard.Database == database.Name && generations.Contains(l.Shard.Generation));

    private ReadModelGeneration[] Own(IEnumerable<ReadModelGeneration> all) =>
        [.. all.Where(g => g.Projection == projection.Name).OrderBy(g => g.Generation)];

    private static int NextOf(IEnumerable<ReadModelGeneration> own) => own.Select(g => g.Generation).DefaultIfEmpty().Max() + 1;

    private async Task<ReadModelGeneration> MakeAsync(int generation, CancellationToken cancellationToken) =>
        await ReadModels.PrepareAsync(projection.Name, projection.Version, projection.Schema, generation, cancellationToken)
            .ConfigureAwait(false);

    // Shards that worked on a generation before keep their ranges, also when the rows of their leases are lost: their checkpoints tell, and
    // under which epoch they worked, so that the next owner has a higher one at once.
    private ShardLease[] ShardsOf(ReadModelGeneration generation, IReadOnlyList<Checkpoint> stored)
    {
        var known = stored.Where(c => c.Shard.Projection == projection.Name && c.Shard.Generation == generation.Generation).ToArray();
        var epoch = known.Select(c => c.Epoch).DefaultIfEmpty().MaxBy(e => e.Value);
        SlotRange[] ranges = [.. known.Select(c => c.Shard.Slots)];
        ranges = ranges.Length == 0 ? [.. SlotRange.All.Divide(projection.Partitions)] : Completed(ranges);
        return [.. ranges.Select(slots => new ShardLease(
            new ShardName(projection.Name, generation.Generation, slots, database.Name), Group, generation.Version,
            LeaseState.Wanted, null, epoch, null, null))];
    }

    private static SlotRange[] Completed(SlotRange[] known)
    {
        var ranges = new List<SlotRange>();
        var next = 0;
        foreach (var range in known.OrderBy(r => r.First))
        {
            if (range.First > next)
                ranges.Add(new((short)next, (short)(range.First - 1)));
            ranges.Add(range);
            next = range.Last + 1;
        }

        if (next < Slot.Count)
            ranges.Add(new((short)next, Slot.Count - 1));
        return [.. ranges];
    }

    [LoggerMessage(EventId = 1401, Level = LogLevel.Information, Message = "Projection {Projection} changed from version {From} to " +
        "{To}: its read model is built anew beside the old one.")]
    private partial void LogVersion(string projection, int from, int to);

    [LoggerMessage(EventId = 1405, Level = LogLevel.Warning, Message = "The read model of projection {Projection} has version {Live}, " +
        "newer than this process's {Own}: nodes with the newer code keep it. To go back, rebuild it by a process with the older code.")]
    private partial void LogOlder(string projection, int live, int own);

    [LoggerMessage(EventId = 1402, Level = LogLevel.Information, Message = "Projection {Projection}: generation {Generation} has " +
        "caught up.")]
    private partial void LogBuilt(string projection, int generation);

    [LoggerMessage(EventId = 1404, Level = LogLevel.Warning, Message = "Projection {Projection}: generation {Generation} could not be " +
        "swapped in; trying again.")]
    private partial void LogSwapFailed(string projection, int generation, Exception error);

    [LoggerMessage(EventId = 1406, Level = LogLevel.Warning, Message = "Projection {Projection}: generation {Generation} did not pass " +
        "position {Position} in time; the former one goes on, and the swap is tried again.")]
    private partial void LogSwapPutOff(string projection, int generation, long position);

    [LoggerMessage(EventId = 1403, Level = LogLevel.Information, Message = "Projection {Projection}: readers now see generation " +
        "{Generation}.")]
    private partial void LogSwapped(string projection, int generation);
}
