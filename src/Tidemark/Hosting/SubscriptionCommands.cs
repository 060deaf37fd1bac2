using System.Globalization;
using Tidemark.Checkpoints;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Placement;

namespace Tidemark.Hosting;

/// <summary>Carries out what operators ask of subscriptions.</summary>
internal sealed class SubscriptionCommands(SubscriptionDirectory directory, NodeAgent node, ShardHosts hosts, ShardStates states)
{
    /// <summary>
    /// Sets every shard of a subscription to a position. Ends the shards first and fences them, so that it takes effect without new events,
    /// and nothing that was under way moves the token afterwards. Can be done again.
    /// </summary>
    /// <exception cref="ArgumentException">It cannot be rewound; the message says why.</exception>
    public async Task<string> RewindAsync(string target, SubscriptionStart to, CancellationToken cancellationToken)
    {
        await directory.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var results = new List<string>();
        foreach (var shards in Find(target).GroupBy(l => l.Shard.Database, StringComparer.Ordinal).ToArray())
            results.Add(await RewindAsync([.. shards], to, cancellationToken).ConfigureAwait(false));
        return string.Join(' ', results);
    }

    /// <summary>Forgets the failures that shards stand at: they are tried again from the first attempt.</summary>
    public async Task ForgetFailuresAsync(IEnumerable<ShardLease> shards, CancellationToken cancellationToken)
    {
        foreach (var database in shards.Where(l => l.IsSubscription).GroupBy(l => l.Shard.Database, StringComparer.Ordinal))
        {
            await hosts.Of(database.Key).Database.Storage.DeliveryFailures
                .ClearAsync([.. database.Select(l => l.Shard)], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Refuses to have a subscription run as other shards when its consumer's tokens would not fit them.</summary>
    /// <exception cref="ArgumentException">Its consumer keeps tokens for the shards that there are.</exception>
    public void CheckCanSplit(ShardLease lease)
    {
        if (lease.IsSubscription && directory.Of(lease.Shard)?.Definition.KeepsOwnToken == true)
        {
            throw new ArgumentException(
                $"Subscription '{lease.Shard.Projection}' cannot be split or merged: its consumer keeps a token for each of its shards.");
        }
    }

    private ShardLease[] Find(string target)
    {
        ShardLease[] found = [.. node.Book.Shards.Values.Where(l => l.State != LeaseState.Retired && l.Shard.IsMeantBy(target))];
        if (found.Length == 0)
        {
            throw new ArgumentException(
                $"There is no subscription '{target}'. Only subscriptions are rewound; a projection is rebuilt. Subscriptions: " +
                $"{Names(node.Book.Shards.Values.Where(l => l.IsSubscription && l.State != LeaseState.Retired))}.");
        }

        if (found.FirstOrDefault(l => !l.IsSubscription) is { } projection)
        {
            throw new ArgumentException(
                $"'{projection.Shard.Projection}' is a projection: what it has written cannot be taken back. Rebuild it, which applies " +
                "every event again beside the live read model. Only subscriptions are rewound.");
        }

        if (directory.Of(found[0].Shard)?.Definition.KeepsOwnToken == true)
        {
            throw new ArgumentException(
                $"The consumer of subscription '{found[0].Shard.Projection}' keeps its token itself. Set it there; it is noticed within " +
                "Shards:TokenSyncInterval.");
        }

        ShardLease[] all = [.. node.Book.Shards.Values.Where(
            l => l.State != LeaseState.Retired && found.Any(f => IsBeside(f.Shard, l.Shard)))];
        return all.Length == found.Length
            ? found
            : throw new ArgumentException(
                $"A subscription is rewound as a whole; name '{found[0].Shard.Projection}' or " +
                $"'{found[0].Shard.Projection}@{found[0].Shard.Database}'.");
    }

    private static bool IsBeside(ShardName one, ShardName other) =>
        (one.Projection, one.Generation, one.Database) == (other.Projection, other.Generation, other.Database);

    private static string Names(IEnumerable<ShardLease> leases) =>
        string.Join(", ", leases.Select(l => l.Shard.Projection).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    private async Task<string> RewindAsync(ShardLease[] shards, SubscriptionStart to, CancellationToken cancellationToken)
    {
        var (first, run) = (shards[0].Shard, hosts.Of(shards[0].Shard.Database));
        await run.Database.OpenAsync(cancellationToken).ConfigureAwait(false);
        var after = await SubscriptionDirectory.StartAfterAsync(to, run.Database, cancellationToken).ConfigureAwait(false);
        await CheckParkedAsync(run, first, after, cancellationToken).ConfigureAwait(false);
        var names = shards.Select(l => l.Shard).ToHashSet();
        await SetAsync(names, LeaseState.Wanted, LeaseState.Replacing, cancellationToken).ConfigureAwait(false);
        try
        {
            await states.UntilAsync(b => names.All(s => HasEnded(b, s)), cancellationToken).ConfigureAwait(false);
            await MoveAsync(run, shards, after, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // When this node stops in between, another one does it again.
            if (!cancellationToken.IsCancellationRequested)
                await SetAsync(names, LeaseState.Replacing, LeaseState.Wanted, cancellationToken).ConfigureAwait(false);
        }

        return string.Create(
            CultureInfo.InvariantCulture, $"{shards.Length} shard(s) on {first.Database} go on after position {after.Value}.");
    }

    // What waits behind a dead letter would be forgotten.
    private static async Task CheckParkedAsync(DatabaseRun run, ShardName shard, Position after, CancellationToken cancellationToken)
    {
        var parked = await run.Database.Storage.DeadLetters.ReadParkedAsync(
            shard.Projection, Position.Beginning, 1, cancellationToken).ConfigureAwait(false);
        if (parked.Count > 0 && parked[0].Position <= after)
        {
            throw new ArgumentException(
                $"Stream '{parked[0].Stream}' of subscription '{shard.Projection}' is parked at position {parked[0].Position}, before " +
                "the position to go to, so its events would be lost. Retry or discard its dead letter first, or rewind to before it.");
        }
    }

    private static async Task MoveAsync(DatabaseRun run, ShardLease[] shards, Position after, CancellationToken cancellationToken)
    {
        var checkpoints = run.Database.Storage.Checkpoints;
        var made = new List<Checkpoint>();
        foreach (var lease in shards)
        {
            var last = await checkpoints.OpenAsync(lease.Shard, epoch: null, cancellationToken).ConfigureAwait(false);
            made.Add(new Checkpoint(lease.Shard, after, last.Epoch, null, Position.Beginning, default));
        }

        // The queues of parked streams go: their events are delivered again.
        await checkpoints.DeleteAsync(shards[0].Shard.Projection, shards[0].Shard.Generation, cancellationToken).ConfigureAwait(false);
        await checkpoints.ReplaceAsync([], made, cancellationToken).ConfigureAwait(false);
        await run.Database.Storage.DeliveryFailures.ClearAsync([.. shards.Select(l => l.Shard)], cancellationToken).ConfigureAwait(false);
    }

    private bool HasEnded(LeaseBook book, ShardName shard) =>
        (!book.Shards.TryGetValue(shard, out var lease) || (lease.State != LeaseState.Wanted && book.OwnerOf(lease) is null))
        && hosts.Of(shard.Database).Host.Find(shard) is null;

    private Task<ShardLease[]> SetAsync(HashSet<ShardName> shards, LeaseState from, LeaseState to, CancellationToken cancellationToken) =>
        states.SetAsync(
            () => node.Book.Shards.Values.Where(l => shards.Contains(l.Shard) && l.State == from).Select(l => KeyValuePair.Create(l, to)),
            cancellationToken);
}
