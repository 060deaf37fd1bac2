using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>
/// Replaces shards of a generation by others with other slot ranges, while the rest goes on: drains them, fences them, writes the new
/// checkpoints, and puts the new shards in their place. Each step can be done again, so that another node can finish it.
/// </summary>
/// <remarks>
/// The new shards begin where the slowest of those they come from stood, and remember which slots are further: no event takes effect twice
/// and none is left out, and nothing is built anew.
/// </remarks>
internal sealed class Relayout(EventDatabase database, NodeAgent node, ShardHost host, ShardStates states)
{
    /// <summary>Puts shards in the place of others that cover the same slots.</summary>
    /// <param name="shards">The shards to replace. Where one of them is paused by an operator, the new ones with its slots are.</param>
    /// <param name="ranges">The slots of the new ones.</param>
    /// <param name="drainMax">How long the former shards may take to end. When they take longer, they go on as they were.</param>
    /// <param name="cancellationToken">Ends it where it is; another node may finish it.</param>
    /// <exception cref="InvalidOperationException">They do not cover the same slots, or the shards have changed meanwhile.</exception>
    /// <exception cref="TimeoutException">The former shards did not end in time.</exception>
    public async Task RunAsync(
        IReadOnlyList<ShardName> shards, IReadOnlyList<SlotRange> ranges, TimeSpan drainMax, CancellationToken cancellationToken)
    {
        if (shards.Sum(s => s.Slots.Count) != ranges.Sum(r => r.Count))
            throw new InvalidOperationException("The new shards must cover the slots of the former ones.");
        await states.SetAsync(() => To(LeaseState.Replacing, LeaseState.Wanted, Known(shards)), cancellationToken).ConfigureAwait(false);
        ShardLease[] drained;
        try
        {
            drained = await DrainedAsync(shards, drainMax, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing is replaced yet.
            await states.SetAsync(
                () => To(LeaseState.Wanted, LeaseState.Replacing, shards.Select(node.Book.Shards.GetValueOrDefault).OfType<ShardLease>()),
                cancellationToken).ConfigureAwait(false);
            throw;
        }

        var made = await ReplaceAsync(drained, ranges, cancellationToken).ConfigureAwait(false);
        var change = new LeaseChange
        {
            When = [.. drained.Select(l => new LeaseCondition(l.Shard, l.State, Unowned: true))],
            Set = [.. drained.Select(l => KeyValuePair.Create(l.Shard, LeaseState.Retired))],
            Add = [.. made],
        };
        if (!await states.TryChangeAsync(change, cancellationToken).ConfigureAwait(false))
            throw new InvalidOperationException("The shards have changed meanwhile. Look at the status, and ask again if need be.");
    }

    private static IEnumerable<KeyValuePair<ShardLease, LeaseState>> To(LeaseState to, LeaseState from, IEnumerable<ShardLease> shards) =>
        shards.Where(l => l.State == from).Select(l => KeyValuePair.Create(l, to));

    // As this node knows them. One that a swap or a restored database took away meanwhile cannot be replaced.
    private ShardLease[] Known(IReadOnlyList<ShardName> shards) =>
    [
        .. shards.Select(s => node.Book.Shards.TryGetValue(s, out var lease) && lease.State != LeaseState.Retired
            ? lease
            : throw new InvalidOperationException(
                $"Shard {s} is gone: it was replaced or dropped meanwhile. Look at the status, and ask again if need be.")),
    ];

    private async Task<ShardLease[]> DrainedAsync(IReadOnlyList<ShardName> shards, TimeSpan drainMax, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(drainMax, database.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            while (true)
            {
                var (changed, hosted) = (node.BookChanged.Next, host.ShardsChanged.Next);
                var leases = Known(shards);
                var book = node.Book;
                if (Array.TrueForAll(leases, l => l.State != LeaseState.Wanted && book.OwnerOf(l) is null && host.Find(l.Shard) is null))
                    return leases;
                await Task.WhenAny(changed, hosted).WaitAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"The shards did not end within {drainMax}, and go on as they were. Look at the status for the reason.", e);
        }
    }

    private async Task<List<ShardLease>> ReplaceAsync(
        ShardLease[] former, IReadOnlyList<SlotRange> ranges, CancellationToken cancellationToken)
    {
        var (first, book) = (former[0], node.Book);
        var shards = ranges.Select(r => first.Shard with { Slots = r }).ToArray();

        // Above every epoch under which anybody has ever worked on one of these names.
        var epoch = former.Select(l => l.Epoch.Value)
            .Concat(shards.Select(s => book.Shards.TryGetValue(s, out var old) ? old.Epoch.Value : 0)).Max() + 1;
        var stored = await database.Storage.Checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        var isDone = Array.TrueForAll(shards, s => stored.Any(c => c.Shard == s))
            && Array.TrueForAll(former, l => shards.Contains(l.Shard) || stored.All(c => c.Shard != l.Shard));
        if (!isDone)
        {
            var checkpoints = new List<Checkpoint>();
            foreach (var lease in former)
            {
                var last = await database.Storage.Checkpoints.OpenAsync(lease.Shard, epoch: null, cancellationToken).ConfigureAwait(false);
                checkpoints.Add(last);
                epoch = Math.Max(epoch, last.Epoch.Value + 1);
            }

            await database.Storage.Checkpoints.ReplaceAsync(
                [.. former.Select(l => l.Shard).Except(shards)], [.. shards.Select(s => Make(s, checkpoints, new Epoch(epoch)))],
                cancellationToken).ConfigureAwait(false);
        }

        return [.. shards.Select(s => first with
        {
            Shard = s, State = StateOf(s, former), Owner = null, Epoch = new Epoch(epoch), Pin = null, Problem = null,
        })];
    }

    // What an operator has paused stays so.
    internal static LeaseState StateOf(ShardName shard, ShardLease[] former) =>
        Array.Exists(former, l => l.State == LeaseState.Paused && Common(l.Shard.Slots, shard.Slots) is not null)
            ? LeaseState.Paused
            : LeaseState.Wanted;

    // It begins where the slowest of its parts stood; the others are noted as further. A tenant that was left behind in one of them stays
    // so, from where it is there; in the others it is as far as they are.
    internal static Checkpoint Make(ShardName shard, IReadOnlyList<Checkpoint> former, Epoch epoch)
    {
        var parts = former.Where(c => Common(c.Shard.Slots, shard.Slots) is not null).ToArray();
        var slowest = parts.MinBy(c => c.Position)!;
        var (position, ahead) = Join(shard.Slots, [.. parts.Select(c => new Part(c.Shard.Slots, c.Position, c.Ahead))]);
        var behind = parts.SelectMany(c => c.Behind).GroupBy(b => b.Tenant)
            .Select(rows => Make(shard.Slots, parts, rows.Key, rows.MinBy(r => r.Position)!));
        return new Checkpoint(shard, position, epoch, slowest.Anchor, slowest.AnchorPosition, default)
        {
            Ahead = ahead,
            Behind = [.. behind],
        };
    }

    private static TenantBehind Make(SlotRange slots, Checkpoint[] former, TenantId tenant, TenantBehind slowest)
    {
        var parts = former.Select(c => c.Behind.FirstOrDefault(b => b.Tenant == tenant) is { } own
            ? new Part(c.Shard.Slots, own.Position, own.Ahead)
            : new Part(c.Shard.Slots, c.Position, c.Ahead));
        var (position, ahead) = Join(slots, [.. parts]);
        var problem = former.SelectMany(c => c.Behind).FirstOrDefault(b => b.Tenant == tenant && b.Problem is not null);
        return (problem ?? slowest) with { Position = position, Ahead = ahead };
    }

    private static (Position Position, IReadOnlyList<SlotProgress> Ahead) Join(SlotRange slots, Part[] parts)
    {
        var slowest = parts.Min(p => p.Position);
        var ahead = parts
            .SelectMany(p => p.Ahead.Append(new SlotProgress(p.Slots, p.Position)))
            .Where(a => a.Position > slowest)
            .Select(a => (Slots: Common(a.Slots, slots), a.Position)).Where(a => a.Slots is not null)
            .Select(a => new SlotProgress(a.Slots!.Value, a.Position));
        return (slowest, [.. ahead]);
    }

    // How far some slots are in a former shard.
    private readonly record struct Part(SlotRange Slots, Position Position, IReadOnlyList<SlotProgress> Ahead);

    private static SlotRange? Common(SlotRange a, SlotRange b)
    {
        var (first, last) = (Math.Max(a.First, b.First), Math.Min(a.Last, b.Last));
        return first <= last ? new SlotRange(first, last) : null;
    }
}
