using Tidemark.Leases;


namespace Tidemark.Placement;

/// <summary>Who is to run what.</summary>
/// <param name="Placed">The node of each shard that can be placed.</param>
/// <param name="Unplaced">The others, each with the reason, for people.</param>
internal sealed record PlacementPlan(IReadOnlyDictionary<ShardName, Guid> Placed, IReadOnlyDictionary<ShardName, string> Unplaced);
