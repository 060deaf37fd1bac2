using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Checkpoints;

/// <summary>The durable position of a shard.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Position">
/// Every event at or below it that concerns the shard has taken effect, but for those of tenants that are <see cref="Behind"/>.
/// <see cref="Position.Beginning"/> for a new shard.
/// </param>
/// <param name="Epoch">The epoch that is installed; a write with a lower one is refused.</param>
/// <param name="Anchor">The id of the last event the shard processed at or below the position; null when there is none.</param>
/// <param name="AnchorPosition">
/// Where the anchor is in the log. After a restore or a failover the event there may be another one: the log was rewound.
/// </param>
/// <param name="UpdatedAt">When it last moved, by the database's clock.</param>
public sealed record Checkpoint(
    ShardName Shard, Position Position, Epoch Epoch, Guid? Anchor, Position AnchorPosition, DateTimeOffset UpdatedAt)
{
    /// <summary>Slots that are further than the position; none unless shards were merged.</summary>
    public IReadOnlyList<SlotProgress> Ahead { get; init; } = [];

    /// <summary>Tenants that are not as far as the position, for a while.</summary>
    public IReadOnlyList<TenantBehind> Behind { get; init; } = [];
}
