using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Checkpoints;

/// <summary>
/// Port: the durable positions of shards. The moves that belong to a read model's commit are made by the read model store, in that
/// commit.
/// </summary>
public interface ICheckpointStore
{
    /// <summary>
    /// Installs an epoch and reads the checkpoint, in one step; makes the row when there is none. From then on a write with a lower epoch
    /// is refused.
    /// </summary>
    /// <param name="shard">The shard.</param>
    /// <param name="epoch">The epoch of the new owner's lease; null takes the stored one plus 1.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="FencedException">A higher epoch is installed already.</exception>
    ValueTask<Checkpoint> OpenAsync(ShardName shard, Epoch? epoch, CancellationToken cancellationToken);

    /// <summary>Moves a checkpoint by itself, fenced.</summary>
    /// <exception cref="FencedException">The epoch or the previous position is not the stored one.</exception>
    ValueTask MoveAsync(CheckpointMove move, CancellationToken cancellationToken);

    /// <summary>Every checkpoint of this database, but for those of replaced shards.</summary>
    ValueTask<IReadOnlyList<Checkpoint>> ReadAllAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Replaces shards by others, for a split or a merge, in one transaction. The replaced ones are no longer read, and no epoch is high
    /// enough any more to open or move them; those made are stored as given. Repeating it is safe.
    /// </summary>
    ValueTask ReplaceAsync(IReadOnlyList<ShardName> replaced, IReadOnlyList<Checkpoint> made, CancellationToken cancellationToken);

    /// <summary>Deletes the checkpoints of a projection's generation; for retired builds.</summary>
    ValueTask DeleteAsync(string projection, int generation, CancellationToken cancellationToken);
}
