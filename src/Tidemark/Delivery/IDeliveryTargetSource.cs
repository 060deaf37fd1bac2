using Tidemark.Leases;

namespace Tidemark.Delivery;

/// <summary>Makes the way to the consumers of one kind of subscriptions; what a package for that kind registers.</summary>
internal interface IDeliveryTargetSource
{
    /// <summary>The kind.</summary>
    SubscriptionKind Kind { get; }

    /// <summary>The way to the consumer of a shard that this node begins to run.</summary>
    IDeliveryTarget Make(ShardName shard, Subscription subscription);
}
