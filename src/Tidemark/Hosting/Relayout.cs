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
internal sealed class Relayout(EventDatabase database, NodeAgent node, ShardHost host)
{
    /// <summary>Puts shards in the place of others that cover the same slots.</summary>
    /// <exception cref="InvalidOperationException">They do not cover the same slots, or the shards have changed meanwhile.</exception>
    public async Task RunAsync(IReadOnlyList<ShardLease> former, IReadOnlyList<SlotRange> ranges, CancellationToken cancellationToken)
    {
        if (former.Sum(l => l.Shard.Slots.Count) != ranges.Sum(r => r.Count))
            throw new InvalidOperationException("The new shards must cover the slots of the former ones.");
        await ChangeAsync(
            new LeaseChange { Set = [.. former.Select(l => KeyValuePair.Create(l.Shard, LeaseState.Paused))] }, cancellationToken)
            .ConfigureAwait(false);
        var drained = await DrainedAsync([.. former.Select(l => l.Shard)], cancellationToken).ConfigureAwait(false);
        var made = await ReplaceAsync(drained, ranges, cancellationToken).ConfigureAwait(false);
        await ChangeAsync(
            new LeaseChange
            {
                When = [.. drained.Select(l => new LeaseCondition(l.Shard, LeaseState.Paused, Unowned: true))],
                Set = [.. drained.Select(l => KeyValuePair.Create(l.Shard, LeaseState.Retired))],
                Add = [.. made],
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<ShardLease[]> DrainedAsync(ShardName[] shards, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (changed, hosted) = (node.BookChanged.Next, host.ShardsChanged.Next);
            var book = node.Book;
            ShardLease[] leases = [.. shards.Select(s => book.Shards[s])];
            if (leases.All(l => l.State == LeaseState.Paused && book.OwnerOf(l) is null && host.Find(l.Shard) is null))
                return leases;
            await Task.WhenAny(changed, hosted).WaitAsync(cancellationToken).ConfigureAwait(false);
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
            Shard = s, State = LeaseState.Wanted, Owner = null, Epoch = new Epoch(epoch), Pin = null, Problem = null,
        })];
    }

    // It begins where the slowest of its parts stood; the others are noted as further.
    internal static Checkpoint Make(ShardName shard, IReadOnlyList<Checkpoint> former, Epoch epoch)
    {
        var parts = former.Select(c => (Checkpoint: c, Slots: Common(c.Shard.Slots, shard.Slots)))
            .Where(p => p.Slots is not null).ToArray();
        var slowest = parts.MinBy(p => p.Checkpoint.Position).Checkpoint;
        var ahead = parts
            .SelectMany(p => p.Checkpoint.Ahead.Append(new SlotProgress(p.Checkpoint.Shard.Slots, p.Checkpoint.Position)))
            .Where(a => a.Position > slowest.Position)
            .Select(a => (Slots: Common(a.Slots, shard.Slots), a.Position)).Where(a => a.Slots is not null)
            .Select(a => new SlotProgress(a.Slots!.Value, a.Position));
        return new Checkpoint(shard, slowest.Position, epoch, slowest.Anchor, slowest.AnchorPosition, default) { Ahead = [.. ahead] };
    }

    private static SlotRange? Common(SlotRange a, SlotRange b)
    {
        var (first, last) = (Math.Max(a.First, b.First), Math.Min(a.Last, b.Last));
        return first <= last ? new SlotRange(first, last) : null;
    }

    private async Task ChangeAsync(LeaseChange change, CancellationToken cancellationToken)
    {
        if (!await node.ChangeAsync(change, cancellationToken).ConfigureAwait(false))
            throw new InvalidOperationException("The shards have changed meanwhile. Look at the status, and ask again if need be.");
    }
}
