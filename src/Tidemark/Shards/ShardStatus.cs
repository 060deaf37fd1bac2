using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Shards;

/// <summary>A shard as it stood at one moment.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Position">
/// Everything at or below it that concerns the shard has taken effect, but for events of <see cref="TenantsBehind"/>.
/// </param>
/// <param name="Mark">The high-water mark.</param>
/// <param name="EventsProcessed">Events whose effects this agent committed since it was made.</param>
/// <param name="DeadLetters">Dead letters this agent wrote since it was made.</param>
/// <param name="Error">Why it is paused; null when it is not.</param>
public sealed record ShardStatus(
    ShardName Shard, ShardState State, Position Position, Position Mark, long EventsProcessed, long DeadLetters, ShardError? Error)
{
    /// <summary>
    /// Streams that wait behind a dead letter, as far as this agent has needed to know; see <see cref="ErrorAction.Park"/>.
    /// </summary>
    public int ParkedStreams { get; init; }

    /// <summary>Tenants that are not as far as the position, for a while: too many events came at once, or one of them failed.</summary>
    public IReadOnlyList<TenantBehind> TenantsBehind { get; init; } = [];

    /// <summary>
    /// Of a shard that builds a new generation: the share of the time it may work, from <see cref="ShardOptions.RebuildShareMin"/> to 1,
    /// so that the other shards of its node keep their pace. Null for the others.
    /// </summary>
    public double? RebuildShare { get; init; }

    /// <summary>
    /// How many positions the mark is ahead. Positions may have holes, so this is an upper bound of the events that wait.
    /// </summary>
    public long Gap => Math.Max(0, Mark.Value - Position.Value);
}
