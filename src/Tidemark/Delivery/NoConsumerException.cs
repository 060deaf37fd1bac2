using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.Delivery;

/// <summary>
/// No consumer is attached to a shard of a subscription. It waits where it is until one comes; nothing is passed or dropped.
/// </summary>
public sealed class NoConsumerException : ConsumerException
{
    internal NoConsumerException(ShardName shard)
        : base(
            $"No consumer is attached to subscription shard {shard}; it waits for one. Connect a consumer, or remove the subscription.",
            ErrorCategory.NoConsumer, TimeSpan.FromMinutes(1))
    {
    }
}
