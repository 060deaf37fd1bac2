using Tidemark.Leases;

namespace Tidemark.Delivery;

/// <summary>How kinds of subscriptions appear in leases.</summary>
internal static class SubscriptionKindExtensions
{
    /// <summary>
    /// The version in the leases of its shards: 0 for code of the application, below for what any node with the means can run.
    /// </summary>
    public static int LeaseVersion(this SubscriptionKind kind) => kind switch
    {
        SubscriptionKind.InProcess => ShardLease.InProcessVersion,
        SubscriptionKind.Remote => ShardLease.RemoteVersion,
        SubscriptionKind.Webhook => ShardLease.WebhookVersion,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of subscriptions."),
    };
}
