using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Simulation.Tests.Faults;

/// <summary>The subscriptions, with faults.</summary>
internal sealed class FaultySubscriptions(ISubscriptionStore inner, FaultPlan plan) : ISubscriptionStore
{
    public ValueTask<SubscriptionRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken) =>
        plan.RunAsync("subscriptions", () => inner.ReadAsync(knownChange, cancellationToken), cancellationToken);

    public ValueTask<Subscription> AddAsync(
        SubscriptionDefinition definition, IReadOnlyDictionary<string, Position> starts, CancellationToken cancellationToken) =>
        plan.RunAsync("subscribe", () => inner.AddAsync(definition, starts, cancellationToken), cancellationToken);

    public ValueTask<bool> ChangeAsync(SubscriptionDefinition definition, int incarnation, CancellationToken cancellationToken) =>
        plan.RunAsync("change", () => inner.ChangeAsync(definition, incarnation, cancellationToken), cancellationToken);

    public ValueTask<bool> RemoveAsync(string name, int incarnation, CancellationToken cancellationToken) =>
        plan.RunAsync("unsubscribe", () => inner.RemoveAsync(name, incarnation, cancellationToken), cancellationToken);
}

/// <summary>The failures of deliveries, with faults.</summary>
internal sealed class FaultyDeliveryFailures(IDeliveryFailureStore inner, FaultPlan plan) : IDeliveryFailureStore
{
    public ValueTask<DeliveryFailure?> FindAsync(ShardName shard, CancellationToken cancellationToken) =>
        plan.RunAsync($"failure of {shard}", () => inner.FindAsync(shard, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<DeliveryFailure>> ReadAllAsync(CancellationToken cancellationToken) =>
        inner.ReadAllAsync(cancellationToken);

    public ValueTask SaveAsync(DeliveryFailure failure, CancellationToken cancellationToken) =>
        plan.RunAsync($"fail {failure.Shard}", () => inner.SaveAsync(failure, cancellationToken), cancellationToken);

    public ValueTask ClearAsync(IReadOnlyList<ShardName> shards, CancellationToken cancellationToken) =>
        plan.RunAsync("forget failures", () => inner.ClearAsync(shards, cancellationToken), cancellationToken);
}
