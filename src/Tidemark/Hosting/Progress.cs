using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Shards;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>
/// How far shards are, wherever they run: from memory for those of this node, from their checkpoints for the others.
/// </summary>
internal sealed class Progress(EventDatabase database, ShardHost host, NodeAgent node)
{
    // Who waits for a shard of another node looks at its checkpoint.
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until every shard has passed a position.</summary>
    /// <param name="shards">The shards; asked anew whenever the cluster changes, as they may be split or swapped meanwhile.</param>
    /// <param name="position">The position.</param>
    /// <param name="check">Called at each look, with the checkpoints that were read; ends the wait by throwing.</param>
    /// <param name="tenant">Only this tenant's events count; null for those of all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task UntilPassedAsync(
        Func<IReadOnlyList<ShardLease>> shards, Position position, Action<IReadOnlyList<Checkpoint>> check, TenantId? tenant,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            var (book, hosted) = (node.BookChanged.Next, host.ShardsChanged.Next);
            var wanted = shards();
            var (moved, remote, stored, behind) = await LookAsync(wanted, position, tenant, cancellationToken).ConfigureAwait(false);
            if (!behind)
                return;
            check(stored);
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            List<Task> waits = [book, hosted, .. moved];
            waits.Add(Task.Delay(remote ? Poll : Timeout.InfiniteTimeSpan, database.Time, enough.Token));
            await Task.WhenAny(waits).ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    // A shard that is starting has no token yet: its position means nothing.
    private static bool HasPassed(ShardAgent agent, Position position, TenantId? tenant) =>
        agent.Status is { State: not ShardState.Stopped and not ShardState.Starting } status
        && TenantBehind.Reached(status.Position, status.TenantsBehind, tenant) >= position;

    private async ValueTask<(List<Task> Moved, bool Remote, IReadOnlyList<Checkpoint> Stored, bool Behind)> LookAsync(
        IReadOnlyList<ShardLease> shards, Position position, TenantId? tenant, CancellationToken cancellationToken)
    {
        var moved = new List<Task>();
        var elsewhere = new List<ShardName>();
        var behind = shards.Count == 0;
        foreach (var lease in shards)
        {
            if (host.Find(lease.Shard) is not { } agent)
            {
                elsewhere.Add(lease.Shard);
                continue;
            }

            var next = agent.Changed.Next;
            if (HasPassed(agent, position, tenant))
                continue;
            behind = true;
            moved.Add(next);
        }

        if (behind || elsewhere.Count == 0)
            return (moved, elsewhere.Count > 0, [], behind);
        var all = await database.Storage.Checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        var stored = all.Where(c => elsewhere.Contains(c.Shard)).ToArray();
        var passed = stored.Count(c => TenantBehind.Reached(c.Position, c.Behind, tenant) >= position);
        return (moved, true, stored, passed < elsewhere.Count);
    }
}
