using Microsoft.Extensions.Logging;
using Tidemark.Checkpoints;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>
/// Keeps the shards of subscriptions in step with the subscriptions: makes those of the application's code, registers the shards of new
/// ones with their starts, and clears away those of removed ones. Every node does it; doing it twice does no harm.
/// </summary>
internal sealed partial class SubscriptionKeeper(
    SubscriptionDirectory directory, DeliveryTargets targets, EventDatabases databases, NodeAgent node, ShardHosts hosts,
    HighWaterAgent hints, TimeProvider time, ILogger logger)
{
    private readonly KeeperLoop _loop = new(node, hints, time);
    private readonly ShardStates _states = new(node, time);

    /// <summary>Why subscriptions of the code could not be made as they are written there; null when they could.</summary>
    public string? Problem { get; private set; }

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(KeepAsync, LogNotKept, cancellationToken);

    /// <summary>
    /// Makes the subscriptions of the application's code, or changes them to what it says, before any shard runs here: what is appended
    /// after the start is delivered by the definition of the code.
    /// </summary>
    public async Task RegisterAsync(CancellationToken cancellationToken)
    {
        await directory.RefreshAsync(cancellationToken).ConfigureAwait(false);
        foreach (var definition in targets.Registered)
        {
            var stands = await directory.EnsureAsync(definition, cancellationToken).ConfigureAwait(false);
            var wanted = definition with { Start = stands.Definition.Start, Partitions = stands.Definition.Partitions };
            if (DefinitionSerializer.Write(wanted) == DefinitionSerializer.Write(stands.Definition))
                continue;
            if (stands.Definition.Kind != SubscriptionKind.InProcess || stands.Definition.KeepsOwnToken != wanted.KeepsOwnToken)
            {
                Problem = $"Subscription '{definition.Name}' of the code is stored with another kind of consumer. Remove that one, or " +
                    "take another name.";
                LogMismatch(Problem);
                continue;
            }

            await directory.ChangeAsync(wanted, cancellationToken).ConfigureAwait(false);
            LogChanged(definition.Name);
        }
    }

    private async Task<bool> KeepAsync(CancellationToken cancellationToken)
    {
        // The book first: a subscription that it names then is known by now, unless it was removed.
        var book = node.Book;
        var subscriptions = await directory.ReadAsync(cancellationToken).ConfigureAwait(false);
        var isDone = true;
        foreach (var database in Databases())
            isDone &= await TryPrepareAsync(database, subscriptions, cancellationToken).ConfigureAwait(false);
        foreach (var run in hosts.Runs)
            run.Host.RestartOutdated();
        await ClearAsync(book, cancellationToken).ConfigureAwait(false);
        return isDone;
    }

    private IEnumerable<string> Databases() => [databases.Main.Name, .. databases.Tenants?.Databases ?? new HashSet<string>()];

    // A database that is away does not hold up the others.
    private async Task<bool> TryPrepareAsync(
        string database, IReadOnlyList<Subscription> subscriptions, CancellationToken cancellationToken)
    {
        try
        {
            await PrepareAsync(database, subscriptions, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotPrepared(database, e);
            return false;
        }
    }

    private async Task PrepareAsync(string database, IReadOnlyList<Subscription> subscriptions, CancellationToken cancellationToken)
    {
        var registered = node.Book.Shards.Values.Where(l => l.Shard.Database == database && l.State != LeaseState.Retired)
            .Select(l => (l.Shard.Projection, l.Shard.Generation)).ToHashSet();
        Subscription[] missing =
        [
            .. subscriptions.Where(s => !registered.Contains((s.Name, s.Incarnation)) && directory.IsFor(s.Definition, database)),
        ];
        if (missing.Length == 0)
            return;
        var run = hosts.Of(database);
        await run.Host.GetReadyAsync(cancellationToken).ConfigureAwait(false);
        var checkpoints = run.Database.Storage.Checkpoints;
        var stored = await checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        var shards = new List<ShardLease>();
        foreach (var subscription in missing)
        {
            Checkpoint[] known = [.. stored.Where(c => IsOf(c.Shard, subscription))];
            if (known.Length == 0)
                known = await StartAsync(subscription, database, checkpoints, cancellationToken).ConfigureAwait(false);
            shards.AddRange(known.Select(c => new ShardLease(
                c.Shard, GroupOf(subscription, database), subscription.Definition.Kind.LeaseVersion(), LeaseState.Wanted, null,
                known.Select(k => k.Epoch).MaxBy(e => e.Value), null, null)));
        }

        await _states.RegisterAsync(shards, cancellationToken).ConfigureAwait(false);
    }

    // Somebody else may have done it already, and the shards may run by now: then their checkpoints have epochs, and stay.
    private static async Task<Checkpoint[]> StartAsync(
        Subscription subscription, string database, ICheckpointStore checkpoints, CancellationToken cancellationToken)
    {
        var start = subscription.StartOn(database);
        Checkpoint[] made =
        [
            .. subscription.ShardsOn(database).Select(s => new Checkpoint(s, start, default, null, Position.Beginning, default)),
        ];
        try
        {
            await checkpoints.ReplaceAsync([], made, cancellationToken).ConfigureAwait(false);
            return made;
        }
        catch (FencedException)
        {
            var stored = await checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false);
            return [.. stored.Where(c => IsOf(c.Shard, subscription))];
        }
    }

    // The consumers of a remote subscription are attached to one node, so that node runs all of its shards.
    private static string? GroupOf(Subscription subscription, string database) =>
        subscription.Definition.Kind == SubscriptionKind.Remote ? $"subscription {subscription.Name}"
        : database == StorageContext.MainDatabase ? null : database;

    private static bool IsOf(ShardName shard, Subscription subscription) =>
        shard.Projection == subscription.Name && shard.Generation == subscription.Incarnation;

    // First they end everywhere, then their rows go.
    private async Task ClearAsync(LeaseBook book, CancellationToken cancellationToken)
    {
        ShardLease[] gone = [.. book.Shards.Values.Where(l => l.IsSubscription && directory.Of(l.Shard) is null)];
        if (gone.Length == 0)
            return;
        await _states.SetAsync(
            () => gone.Select(l => node.Book.Shards.GetValueOrDefault(l.Shard)).OfType<ShardLease>()
                .Where(l => l.State != LeaseState.Retired).Select(l => KeyValuePair.Create(l, LeaseState.Retired)),
            cancellationToken).ConfigureAwait(false);
        await _states.UntilAsync(b => gone.All(l => HasEnded(b, l.Shard)), cancellationToken).ConfigureAwait(false);
        foreach (var subscription in gone.GroupBy(l => (l.Shard.Projection, l.Shard.Generation, l.Shard.Database)))
        {
            var storage = databases.Get(subscription.Key.Database).Storage;
            await storage.Checkpoints.DeleteAsync(subscription.Key.Projection, subscription.Key.Generation, cancellationToken)
                .ConfigureAwait(false);
            await storage.DeliveryFailures.ClearAsync([.. subscription.Select(l => l.Shard)], cancellationToken).ConfigureAwait(false);
            LogCleared(subscription.Key.Projection, subscription.Key.Database);
        }

        await node.ChangeAsync(new LeaseChange { Remove = [.. gone.Select(l => l.Shard)] }, cancellationToken).ConfigureAwait(false);
    }

    private static bool HasEnded(LeaseBook book, ShardName shard) =>
        !book.Shards.TryGetValue(shard, out var lease) || (lease.State == LeaseState.Retired && book.OwnerOf(lease) is null);

    [LoggerMessage(EventId = 1461, Level = LogLevel.Warning, Message = "The subscriptions could not be looked at; trying again.")]
    private partial void LogNotKept(Exception error);

    [LoggerMessage(EventId = 1465, Level = LogLevel.Warning, Message = "Event database {Database} could not be opened, so the " +
        "subscriptions do not run there yet; trying again until they do.")]
    private partial void LogNotPrepared(string database, Exception error);

    [LoggerMessage(EventId = 1462, Level = LogLevel.Error, Message = "{Problem}")]
    private partial void LogMismatch(string problem);

    [LoggerMessage(EventId = 1463, Level = LogLevel.Information, Message = "Subscription {Subscription} was changed to what the " +
        "code says.")]
    private partial void LogChanged(string subscription);

    [LoggerMessage(EventId = 1464, Level = LogLevel.Information, Message = "Subscription {Subscription} was removed: its shards on event " +
        "database {Database} are gone.")]
    private partial void LogCleared(string subscription, string database);
}
