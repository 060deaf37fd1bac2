using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Pulling;

namespace Tidemark.Shards;

/// <summary>
/// The tenants that a shard has left behind, and their turns. What is delivered to the shard's consumer leaves them out; each has a place
/// of its own in the log, at or before the shard's. Calls come one at a time, between deliveries, but for <see cref="Resume"/>.
/// </summary>
internal interface ITenantTurns
{
    /// <summary>As they are stored.</summary>
    IReadOnlyList<TenantBehind> Behind { get; }

    /// <summary>Those of them that failed and wait for their next try. May be read at any time.</summary>
    IReadOnlyList<TenantBehind> Waiting { get; }

    /// <summary>Whether one of them can have its turn now.</summary>
    bool HasDue { get; }

    /// <summary>Whether one of them has turns, as soon as the shard is further than it.</summary>
    bool HasActive { get; }

    /// <summary>When the next one can, if none can now; null when none will by itself.</summary>
    DateTimeOffset? NextTry { get; }

    /// <summary>One can have its turn once the mark is known to be beyond this; null for none.</summary>
    Position? Unread { get; }

    /// <summary>Fires when all are to be tried at once.</summary>
    AsyncPulse Resumed { get; }

    /// <summary>Whether one was left behind because of its many events: then the others' pages are best read without it.</summary>
    bool HasFlood { get; }

    /// <summary>Has those that failed tried at once.</summary>
    void Resume();

    /// <summary>Whether a tenant may be left behind at all: there are others, and there is room.</summary>
    ValueTask<bool> CanLeaveAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Completes when <see cref="CanLeaveAsync"/> said no for want of another tenant and another one's event has come; else never, but for
    /// the token. Does not fail.
    /// </summary>
    Task UntilSeveralAsync(CancellationToken cancellationToken);

    /// <summary>A tenant whose event failed, as it is to be left behind at the durable token.</summary>
    TenantBehind Failing(RecordedEvent bad, ErrorCategory category, Exception error);

    /// <summary>
    /// The tenants that are to be left behind because they have most of a page, and events of others wait behind it; none when nobody does.
    /// </summary>
    /// <param name="slice">What is about to be delivered; the shard is more than this behind.</param>
    /// <param name="wasLive">Whether the shard has been at the mark; else what it stored tells.</param>
    /// <param name="mark">The mark.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    ValueTask<IReadOnlyList<TenantBehind>> FindFloodAsync(
        PageSlice slice, bool wasLive, Position mark, CancellationToken cancellationToken);

    /// <summary>
    /// Leaves tenants behind, in a commit of its own. Only when nothing is delivered that has effects and is not durable.
    /// </summary>
    ValueTask LeaveAsync(IReadOnlyList<TenantBehind> tenants, CancellationToken cancellationToken);

    /// <summary>Events after a position of all but the tenants left behind.</summary>
    ValueTask<PageSlice> PeekOthersAsync(Position after, Position through, int eventsMax, CancellationToken cancellationToken);

    /// <summary>
    /// One turn of one tenant: reads its events, up to where the shard is, applies and commits them. A failing event is looked for by
    /// trying less at the next turns, and then handled as the options say. Only when nothing is delivered that has effects and is not
    /// durable.
    /// </summary>
    /// <param name="errors">What to do with events that fail.</param>
    /// <param name="othersWait">Whether the turn should end when its share is used up.</param>
    /// <param name="stop">Ends the turn early; what was gathered is committed.</param>
    /// <param name="cancellationToken">Breaks off.</param>
    ValueTask<TurnResult> TakeTurnAsync(
        ErrorOptions errors, Func<bool> othersWait, CancellationToken stop, CancellationToken cancellationToken);
}
