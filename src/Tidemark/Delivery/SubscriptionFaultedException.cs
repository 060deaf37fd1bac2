using Tidemark.Shards;

namespace Tidemark.Delivery;

/// <summary>
/// A shard of a subscription has stopped by its policy, or because its consumer said so. An operator resumes or rewinds it.
/// </summary>
public sealed class SubscriptionFaultedException : ConsumerException
{
    internal SubscriptionFaultedException(DeliveryFailure failure)
        : base(
            $"Subscription shard {failure.Shard} is faulted at position {failure.Position} since {failure.LastFailedAt:O}, after " +
            $"{failure.Attempts} attempt(s): {failure.Reason} Resume the subscription to try again, or rewind it.",
            ErrorCategory.Faulted, TimeSpan.FromMinutes(10)) =>
        Failure = failure;

    /// <summary>What failed.</summary>
    public DeliveryFailure Failure { get; }
}
