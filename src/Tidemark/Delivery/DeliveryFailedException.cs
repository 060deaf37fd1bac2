using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.Delivery;

/// <summary>The consumer of a subscription failed at an event; it is tried again after a pause.</summary>
public sealed class DeliveryFailedException : ConsumerException
{
    internal DeliveryFailedException(DeliveryFailure failure, TimeSpan pause, Exception? inner)
        : base(
            $"Subscription shard {failure.Shard}: the event at position {failure.Position} failed {failure.Attempts} time(s): " +
            $"{failure.Reason}",
            ErrorCategory.Delivery, pause, inner) =>
        Failure = failure;

    internal DeliveryFailedException(ShardName shard, string message, TimeSpan? pause, Exception? inner)
        : base($"Subscription shard {shard}: {message}", ErrorCategory.Delivery, pause, inner)
    {
    }

    /// <summary>What failed; null when it was no single event.</summary>
    public DeliveryFailure? Failure { get; }
}
