using Tidemark.Leases;

namespace Tidemark.Delivery;

/// <summary>
/// Port: the failures that shards of subscriptions stand at, one row a shard, in the event database. They are told when they happen and
/// forgotten when the shard gets on, so that attempts are counted over restarts. They are not fenced: a late row of a former owner costs an
/// attempt too many, never an event.
/// </summary>
public interface IDeliveryFailureStore
{
    /// <summary>The failure of a shard; null when it stands at none.</summary>
    ValueTask<DeliveryFailure?> FindAsync(ShardName shard, CancellationToken cancellationToken);

    /// <summary>The failures of all shards, by shard.</summary>
    ValueTask<IReadOnlyList<DeliveryFailure>> ReadAllAsync(CancellationToken cancellationToken);

    /// <summary>Stores a failure in place of the shard's former one.</summary>
    ValueTask SaveAsync(DeliveryFailure failure, CancellationToken cancellationToken);

    /// <summary>Forgets the failures of shards; those that have none are no error.</summary>
    ValueTask ClearAsync(IReadOnlyList<ShardName> shards, CancellationToken cancellationToken);
}
