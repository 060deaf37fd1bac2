using Tidemark.Leases;

namespace Tidemark.Delivery;

/// <summary>How kinds of subscriptions appear in leases.</summary>
internal static class SubscriptionKindExtensions
{
    /// <summary>
    /// The version in the leases of its shards: 0 for code of the application, below for what any node with the means can run.
    /// </summary>
    public static int LeaseVersion(this SubscriptionKind kind) => ShardLease.InProcessVersion - (int)kind;
}
