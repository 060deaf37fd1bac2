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
    /// <exception cref="FencedException">A higher epoch is installed already, or the shard was replaced.</exception>
    ValueTask<Checkpoint> OpenAsync(ShardName shard, Epoch? epoch, CancellationToken cancellationToken);

    /// <summary>Moves a checkpoint by itself, fenced.</summary>
    /// <exception cref="FencedException">The epoch or the previous position is not the stored one.</exception>
    ValueTask MoveAsync(CheckpointMove move, CancellationToken cancellationToken);

    /// <summary>Every checkpoint of this database, but for those of replaced shards.</summary>
    ValueTask<IReadOnlyList<Checkpoint>> ReadAllAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Replaces shards by others, for a split or a merge, in one transaction. The replaced ones are no longer read, and no epoch is high
    /// enough any more to open or move them, until a replacement makes them again; those made are stored as given. When all of the
    /// replaced ones are so already, nothing is done: repeating it is safe, also after those made have moved on.
    /// </summary>
    /// <param name="replaced">Opened by the caller, under an epoch that is not above that of those made.</param>
    /// <param name="made">What takes their place.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="FencedException">
    /// A shard has no checkpoint to replace, or has an epoch above that of those made: another one has worked on it since. Nothing was
    /// changed.
    /// </exception>
    ValueTask ReplaceAsync(IReadOnlyList<ShardName> replaced, IReadOnlyList<Checkpoint> made, CancellationToken cancellationToken);

    /// <summary>Deletes the checkpoints of a projection's generation; for retired builds.</summary>
    ValueTask DeleteAsync(string projection, int generation, CancellationToken cancellationToken);
}
