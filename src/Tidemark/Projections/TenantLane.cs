using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Pulling;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>A tenant that a shard has left behind: its place in the log, and the search for an event of it that fails.</summary>
internal sealed class TenantLane(TenantBehind stored, EventCursor cursor, PauseClock pauses, int eventsMax)
{
    /// <summary>As it is stored.</summary>
    public TenantBehind State { get; private set; } = stored;

    public TenantId Tenant => State.Tenant;

    public Position Position => State.Position;

    /// <summary>Its place among the pages that all shards of the node share.</summary>
    public EventCursor Cursor { get; } = cursor;

    /// <summary>
    /// Whether its events are read alone: after an error they lie scattered, and a flood is most of what is read anyway.
    /// </summary>
    public bool ReadsAlone { get; set; } = stored.Reason == TenantBehindReason.Error;

    public BatchLimits Limits { get; } = new(eventsMax);

    public PauseClock Pauses { get; } = pauses;

    /// <summary>It is not tried before this; null for at once.</summary>
    public DateTimeOffset? NextTry { get; set; } = stored.Problem?.NextTry;

    /// <summary>An event that was found to fail, until that is written down.</summary>
    public (RecordedEvent Event, Exception Error)? Bad { get; set; }

    /// <summary>Events that are not to be processed but recorded.</summary>
    public Dictionary<Position, DeadLetter> SetAside { get; } = [];

    /// <summary>It is stored like this now.</summary>
    public void Stored(TenantBehind state)
    {
        if (state.Position > State.Position)
        {
            Limits.Passed(state.Position);
            foreach (var position in SetAside.Keys.Where(p => p <= state.Position).ToArray())
                SetAside.Remove(position);
            if (Bad is { } bad && bad.Event.Position <= state.Position)
                Bad = null;
        }

        if (state.Problem is null)
            (NextTry, Pauses.Failures) = (null, 0);
        State = state;
    }

    /// <summary>As it is to be stored when it has got to a position.</summary>
    public TenantBehind At(Position through) => State with
    {
        Position = through,
        Ahead = [.. State.Ahead.Where(a => a.Position > through)],
        Problem = State.Problem is { } problem && problem.Event > through ? problem : null,
    };
}
