using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Checkpoints;

/// <summary>
/// A step of a checkpoint. It is one conditional UPDATE: refused, with everything else in its transaction, when the epoch or the previous
/// position
/// is not the stored one.
/// </summary>
/// <param name="Shard">The shard.</param>
/// <param name="Epoch">The epoch under which the caller works.</param>
/// <param name="Previous">Where the caller believes the checkpoint to be.</param>
/// <param name="Next">Where it goes; not before <paramref name="Previous"/>.</param>
/// <param name="Anchor">
/// The id of the last event processed in this step; null when the step processed none (the stored anchor stays).
/// </param>
/// <param name="AnchorPosition">The position of that event.</param>
public sealed record CheckpointMove(ShardName Shard, Epoch Epoch, Position Previous, Position Next, Guid? Anchor, Position AnchorPosition)
{
    /// <summary>The tenants that are left behind from now on, all of them; null leaves them as they are stored.</summary>
    public IReadOnlyList<TenantBehind>? Behind { get; init; }
}
