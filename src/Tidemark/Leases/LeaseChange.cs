
namespace Tidemark.Leases;

/// <summary>
/// A change of the set of shards, by whoever rebuilds, splits, merges or operates. All of it in one transaction, or nothing.
/// </summary>
public sealed record LeaseChange
{
    /// <summary>
    /// Shards that must be as given (state; and nobody alive may own those that are to be unowned) or the change is refused.
    /// </summary>
    public IReadOnlyList<LeaseCondition> When { get; init; } = [];

    /// <summary>
    /// Shards to make, unowned, with the state, group, version, epoch and pin given. One that exists is set to these (its epoch never
    /// falls), unowned and without a problem. The other members may name shards that are made here.
    /// </summary>
    public IReadOnlyList<ShardLease> Add { get; init; } = [];

    /// <summary>Shards whose state changes; one that does not exist refuses the change.</summary>
    public IReadOnlyList<KeyValuePair<ShardName, LeaseState>> Set { get; init; } = [];

    /// <summary>Shards whose pin changes; null takes it away. One that does not exist refuses the change.</summary>
    public IReadOnlyList<KeyValuePair<ShardName, Guid?>> Pin { get; init; } = [];

    /// <summary>Shards whose rows are deleted, last of all: nobody needs to hear of them any more.</summary>
    public IReadOnlyList<ShardName> Remove { get; init; } = [];

    /// <summary>Nodes whose state is set, to a lower one too; one that is not on the roster refuses the change.</summary>
    public IReadOnlyList<KeyValuePair<Guid, NodeState>> Nodes { get; init; } = [];
}

/// <summary>What must hold for a change.</summary>
/// <param name="Shard">The shard; it must exist.</param>
/// <param name="State">The state it must be in.</param>
/// <param name="Unowned">Whether no living node may own it.</param>
public readonly record struct LeaseCondition(ShardName Shard, LeaseState State, bool Unowned);
