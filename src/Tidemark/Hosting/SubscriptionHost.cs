using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tidemark.Delivery;
using Tidemark.Delivery.Sessions;
using Tidemark.Leases;
using Tidemark.Shards;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>Makes the agents of the shards of subscriptions on one event database.</summary>
internal sealed class SubscriptionHost(
    SubscriptionDirectory directory, DeliveryTargets targets, EventDatabase database, ShardRuntime runtime, QuestionNumbers numbers)
{
    // Progress past events that do not concern a subscription is written late: there may be a thousand of them.
    private static readonly TimeSpan IdleProgressMin = TimeSpan.FromSeconds(30);

    // Stored tokens are moved by operators' commands, which end the shard first; whether they were changed behind its back is looked at
    // half as often as consumers are asked.
    private readonly StoredTokens _tokens = new(database.Storage.Checkpoints, runtime.Options.TokenSyncInterval * 1.9, runtime.Time);

    private readonly ConcurrentDictionary<ShardName, (Subscription Subscription, IDeliveryTarget Target)> _made = new();

    /// <summary>The shards that were begun with a definition that has changed since.</summary>
    public IEnumerable<ShardName> Outdated => _made
        .Where(m => directory.Of(m.Key) is { } now && !ReferenceEquals(now, m.Value.Subscription)
            && DefinitionSerializer.Write(now.Definition) != DefinitionSerializer.Write(m.Value.Subscription.Definition))
        .Select(m => m.Key);

    /// <summary>Makes the agent of a shard; null when this process does not know its subscription, or has nothing to run it with.</summary>
    public ShardAgent? Make(ShardLease lease)
    {
        if (directory.Of(lease.Shard) is not { } subscription || targets.Make(lease.Shard, subscription) is not { } target)
            return null;
        _made[lease.Shard] = (subscription, target);
        var options = runtime.Options.WithLater(IdleProgressMin);
        var parts = new SubscriptionParts(
            database.Storage.Checkpoints, database.Storage.DeliveryFailures, database.Storage.DeadLetters, numbers, _tokens,
            database.HighWater.RefreshAsync, runtime.IsTransient, options, runtime.Time, runtime.Random,
            database.Loggers.CreateLogger<SubscriptionConsumer>());
        var consumer = new SubscriptionConsumer(
            lease.Shard, subscription, target, database.ApplierContext(lease.Shard, 0), parts, lease.Epoch);
        return new ShardAgent(lease.Shard, consumer, new ErrorOptions(), runtime with { Options = options });
    }

    /// <summary>A shard has ended here.</summary>
    public void Ended(ShardName shard)
    {
        if (_made.TryRemove(shard, out var made))
            (made.Target as IDisposable)?.Dispose();
    }
}
