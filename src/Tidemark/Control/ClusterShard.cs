using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Control;

/// <summary>
/// A shard as its lease and its checkpoint show it, wherever it runs. Checkpoints move with commits, and for events that do not concern
/// the shard only now and then (<see cref="Tidemark.Shards.ShardOptions.IdleProgressInterval"/>): until then gap and lag are upper bounds.
/// </summary>
/// <param name="Shard">The shard.</param>
/// <param name="State">What it is doing, for people; one of the constants here.</param>
/// <param name="Owner">The name of the node that owns it; null when no living node does.</param>
/// <param name="OwnerId">That node's boot id.</param>
/// <param name="Epoch">The epoch of its lease.</param>
/// <param name="Position">
/// Everything at or below it that concerns the shard has taken effect, but for <see cref="TenantsBehind"/>; null
/// when its event database is another one than was read.
/// </param>
/// <param name="Gap">How many positions the mark is ahead: an upper bound of the events that wait. Null without a position.</param>
/// <param name="Rate">
/// Positions per second since the previous reading by the same <see cref="ClusterControl"/>; null at the first one, and when the shard was
/// not there or was set back since.
/// </param>
/// <param name="Lag">
/// How long ago the first event after the position was recorded; zero without a gap. Null when it was not looked up: that is done for the
/// 20 positions that are furthest behind.
/// </param>
/// <param name="Problem">What its owner, or its last one, reported, with the time of the next try; null when all is well.</param>
/// <param name="Reason">Why nobody runs it, or why it moves, for people; null when there is nothing to say.</param>
public sealed record ClusterShard(
    ShardName Shard,
    string State,
    string? Owner,
    Guid? OwnerId,
    Epoch Epoch,
    Position? Position,
    long? Gap,
    double? Rate,
    TimeSpan? Lag,
    ShardProblem? Problem,
    string? Reason)
{
    /// <summary>Tenants that are not as far as the position, for a while, and why.</summary>
    public IReadOnlyList<TenantBehind> TenantsBehind { get; init; } = [];

    /// <summary>A <see cref="State"/>: a living node owns it, and reports no problem.</summary>
    public const string Running = "running";

    /// <summary>A <see cref="State"/>: an operator has paused it.</summary>
    public const string PausedByOperator = "paused by operator";

    /// <summary>A <see cref="State"/>: its owner waits after an error, and tries again by itself.</summary>
    public const string PausedAfterError = "paused after error";

    /// <summary>A <see cref="State"/>: its owner finishes what it has gathered and gives it back.</summary>
    public const string Draining = "draining";

    /// <summary>A <see cref="State"/>: no living node owns it though one should.</summary>
    public const string Unowned = "unowned";
}
