using Tidemark.Events;

namespace Tidemark.Leases;

/// <summary>
/// What a node says in one round trip, whatever the number of shards: that it lives, what it gives back, what it takes. Applied in one
/// transaction, in the order of the members below.
/// </summary>
/// <param name="Node">
/// The node; its row is made when absent. The stored state is only ever raised by this (see <see cref="NodeState"/>).
/// </param>
/// <param name="TimeToLive">
/// How long it counts as alive from now, by the coordination database's clock: more than zero, at most a day, in whole microseconds.
/// </param>
/// <param name="KnownChange">The change up to which the caller knows the shards; 0 for nothing.</param>
public sealed record LeaseTick(Node Node, TimeSpan TimeToLive, long KnownChange)
{
    /// <summary>The longest <see cref="TimeToLive"/>.</summary>
    public static readonly TimeSpan TimeToLiveMax = TimeSpan.FromDays(1);

    /// <summary>How long the node counts as alive from now.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of its range.</exception>
    public TimeSpan TimeToLive
    {
        get;
        init => field = Checked(value);
    } = Checked(TimeToLive);

    /// <summary>Nodes that are known to have ended (processes of the same host): they expire now. The caller's own id is ignored.</summary>
    public IReadOnlyList<Guid> Ended { get; init; } = [];

    /// <summary>
    /// Shards that must exist. Those of a projection, generation and database are made together, and only when there is none of them yet
    /// in any state, so that nodes may register the same at once, and a changed layout is not undone. They are made unowned, with the
    /// state, group, version, epoch and pin given.
    /// </summary>
    public IReadOnlyList<ShardLease> Register { get; init; } = [];

    /// <summary>Shards given back, in whatever state, if this node owns them; those of others are left alone.</summary>
    public IReadOnlyList<ShardName> Release { get; init; } = [];

    /// <summary>
    /// Shards to take, each with an epoch one higher and its problem cleared, if wanted and without a living owner; the others are left
    /// alone, those that this node owns already too. A pin does not matter here.
    /// </summary>
    public IReadOnlyList<ShardName> Claim { get; init; } = [];

    /// <summary>
    /// Epochs to raise to at least a value, of shards that this node owns: the event database has seen a higher one (a restored
    /// coordination database).
    /// </summary>
    public IReadOnlyList<KeyValuePair<ShardName, Epoch>> Raise { get; init; } = [];

    /// <summary>Problems that began or ended (null) since the last tick, of shards that this node owns.</summary>
    public IReadOnlyList<KeyValuePair<ShardName, ShardProblem?>> Report { get; init; } = [];

    private static TimeSpan Checked(TimeSpan timeToLive) =>
        timeToLive >= TimeSpan.FromMicroseconds(1) && timeToLive <= TimeToLiveMax
            ? timeToLive
            : throw new ArgumentOutOfRangeException(
                nameof(timeToLive), timeToLive, $"A node's time to live is at least a microsecond and at most {TimeToLiveMax}.");
}
