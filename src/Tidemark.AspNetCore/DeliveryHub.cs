using System.Collections.Concurrent;
using Tidemark.Delivery;
using Tidemark.Leases;

namespace Tidemark.AspNetCore;

/// <summary>Brings together the shards of remote subscriptions that run here with the members that are connected here.</summary>
internal sealed class DeliveryHub : IDeliveryTargetSource
{
    private readonly ConcurrentDictionary<(string Subscription, int Incarnation), MemberGroup> _groups = new();
    private int _connections;

    /// <inheritdoc />
    public SubscriptionKind Kind => SubscriptionKind.Remote;

    /// <inheritdoc />
    public IDeliveryTarget Make(ShardName shard, Subscription subscription)
    {
        var target = new RemoteTarget(shard, subscription.Definition.KeepsOwnToken, GroupOf(subscription));
        target.Begin();
        return target;
    }

    /// <summary>The members and partitions of a subscription.</summary>
    public MemberGroup GroupOf(Subscription subscription) =>
        _groups.GetOrAdd((subscription.Name, subscription.Incarnation), _ => new MemberGroup());

    /// <summary>Counts a connection; false when there are as many as are taken.</summary>
    public bool TryEnter(int connectionsMax)
    {
        if (Interlocked.Increment(ref _connections) <= connectionsMax)
            return true;
        Leave();
        return false;
    }

    /// <summary>A connection has ended.</summary>
    public void Leave() => Interlocked.Decrement(ref _connections);
}
