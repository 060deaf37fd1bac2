using System.Collections.Immutable;
using Tidemark.Delivery;
using Tidemark.Leases;

namespace Tidemark.Testing.InMemory;

/// <summary>The failures that shards of subscriptions stand at, in memory.</summary>
internal sealed class InMemoryDeliveryFailureStore(MemoryDatabase data) : IDeliveryFailureStore
{
    public ValueTask<DeliveryFailure?> FindAsync(ShardName shard, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(data.Committed.Subscriptions.Failures.GetValueOrDefault(shard));
    }

    public ValueTask<IReadOnlyList<DeliveryFailure>> ReadAllAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<DeliveryFailure>>(
            [.. data.Committed.Subscriptions.Failures.Values.OrderBy(f => f.Shard.ToString(), CodePointOrder.Instance)]);
    }

    public ValueTask SaveAsync(DeliveryFailure failure, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return data.ChangeAsync(
            state => With(state, state.Subscriptions.Failures.SetItem(failure.Shard, failure)), cancellationToken);
    }

    public ValueTask ClearAsync(IReadOnlyList<ShardName> shards, CancellationToken cancellationToken) =>
        data.ChangeAsync(state => With(state, state.Subscriptions.Failures.RemoveRange(shards)), cancellationToken);

    private static MemoryState With(
        MemoryState state, ImmutableDictionary<ShardName, DeliveryFailure> failures) =>
        state with { Subscriptions = state.Subscriptions with { Failures = failures } };
}
