using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.Delivery;

/// <summary>
/// No consumer is attached to a shard of a subscription. It waits where it is until one comes; nothing is passed or dropped.
/// </summary>
public sealed class NoConsumerException : ConsumerException
{
    /// <summary>Nobody is attached.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="attached">Completes when that may have changed; taken before looking.</param>
    internal NoConsumerException(ShardName shard, Task attached)
        : base(
            $"No consumer is attached to subscription shard {shard}; it waits for one. Connect a consumer, or remove the subscription.",
            ErrorCategory.NoConsumer, TimeSpan.FromMinutes(1)) =>
        Until = attached;
}
