using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Shards;

/// <summary>
/// Port: the dead letters of an event database, its parked streams and their queues. All are written in the fenced commit of a shard.
/// Queues belong to a projection's generation, not to a shard, so that they stay when shards are split or merged.
/// </summary>
public interface IDeadLetterStore
{
    /// <summary>Reads dead letters in the order (position, shard).</summary>
    /// <param name="projection">Only those of this projection; null for all.</param>
    /// <param name="after">Only those after this position.</param>
    /// <param name="countMax">
    /// How many at most, at least 1; the others of the last one's position come with it, so that a next page can follow.
    /// </param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<IReadOnlyList<DeadLetter>> ReadAsync(string? projection, Position after, int countMax, CancellationToken cancellationToken);

    /// <summary>Reads one dead letter; null when there is none.</summary>
    ValueTask<DeadLetter?> FindAsync(string projection, int generation, Position position, CancellationToken cancellationToken);

    /// <summary>Reads parked streams in the order (position, projection, generation), with the length of their queues.</summary>
    /// <param name="projection">Only those of this projection; null for all.</param>
    /// <param name="after">Only those whose dead letter stands after this position.</param>
    /// <param name="countMax">
    /// How many at most, at least 1; the others of the last one's position come with it, so that a next page can follow.
    /// </param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<IReadOnlyList<ParkedStream>> ReadParkedAsync(
        string? projection, Position after, int countMax, CancellationToken cancellationToken);

    /// <summary>The parked streams of a shard (its projection, generation and slots); the order is not defined.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="countMax">How many at most.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<IReadOnlyList<(TenantId Tenant, StreamId Stream)>> LoadParkedAsync(
        ShardName shard, int countMax, CancellationToken cancellationToken);

    /// <summary>The position of the dead letter behind which a stream waits; null when it is not parked.</summary>
    ValueTask<Position?> FindParkedAsync(
        string projection, int generation, TenantId tenant, StreamId stream, CancellationToken cancellationToken);

    /// <summary>Reads a page of a parked stream's queue in position order.</summary>
    /// <param name="projection">The projection.</param>
    /// <param name="generation">Its generation.</param>
    /// <param name="tenant">The stream's tenant.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="after">Only events after this position.</param>
    /// <param name="countMax">How many at most.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<IReadOnlyList<ParkedEvent>> ReadQueueAsync(
        string projection, int generation, TenantId tenant, StreamId stream, Position after, int countMax,
        CancellationToken cancellationToken);
}
