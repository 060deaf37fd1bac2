using System.Collections.Immutable;
using Tidemark.Delivery;
using Tidemark.Leases;

namespace Tidemark.Testing.InMemory;

/// <summary>The subscriptions of a database and the failures that their shards stand at, as one immutable value.</summary>
internal sealed record MemorySubscriptions
{
    public static readonly MemorySubscriptions Empty = new();

    /// <summary>How many changes there were, and the last incarnation.</summary>
    public long Change { get; init; }

    public ImmutableDictionary<ShardName, DeliveryFailure> Failures { get; init; } = ImmutableDictionary<ShardName, DeliveryFailure>.Empty;

    private ImmutableSortedDictionary<string, Subscription> Rows { get; init; } =
        ImmutableSortedDictionary.Create<string, Subscription>(CodePointOrder.Instance);

    public Subscription? Find(string name) => Rows.GetValueOrDefault(name);

    public MemorySubscriptions With(Subscription subscription) =>
        this with { Change = Change + 1, Rows = Rows.SetItem(subscription.Name, subscription) };

    public MemorySubscriptions Without(string name) => this with { Change = Change + 1, Rows = Rows.Remove(name) };

    public SubscriptionRoll ToRoll() => new(Change, [.. Rows.Values]);
}
