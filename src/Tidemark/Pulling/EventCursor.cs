using System.Diagnostics;
using Tidemark.Events;
using Tidemark.HighWater;

namespace Tidemark.Pulling;

/// <summary>
/// One reader's place in the log. It moves forward page by page, in the cache where it can, else through the log; it moves backwards only
/// when told to.
/// </summary>
internal sealed class EventCursor(PullingAgent agent, Position after)
{
    private const long NotCommitting = long.MinValue;

    private long _position = after.Value;
    private volatile bool _isOutOfStep;
    private int _pageEventsMax = int.MaxValue;
    private long _commitsSince = NotCommitting;

    /// <summary>Everything at or below it has been handed out.</summary>
    public Position Position
    {
        get => new(Volatile.Read(ref _position));
        private set => Volatile.Write(ref _position, value.Value);
    }

    /// <summary>Fires when it moves.</summary>
    public AsyncPulse Moved { get; } = new();

    /// <summary>
    /// How many events a page that is read for it holds at most, besides the options. With a bound its reader is held back: nothing is
    /// read ahead for it, and the others do not wait for it.
    /// </summary>
    public int PageEventsMax
    {
        get => Volatile.Read(ref _pageEventsMax);
        set => Volatile.Write(ref _pageEventsMax, value);
    }

    /// <summary>Whether pages for it have a bound of their own.</summary>
    public bool IsHeldBack => PageEventsMax < int.MaxValue;

    /// <summary>Whether others ever wait for it when the cache is full.</summary>
    public bool KeepsStep { get; init; } = true;

    /// <summary>
    /// Whether the others do not wait for it now: it did not move when they did, or its reader pauses, until it takes a page from the
    /// cache; or it is held back.
    /// </summary>
    public bool IsOutOfStep
    {
        get => _isOutOfStep || !KeepsStep || IsHeldBack;
        set => _isOutOfStep = value;
    }

    /// <summary>Since when its reader commits, as a timestamp of the clock; null when it does not.</summary>
    public long? CommitsSince => Volatile.Read(ref _commitsSince) is var since && since == NotCommitting ? null : since;

    /// <summary>Whether a page can be had without waiting for new events.</summary>
    public bool HasMore => Position < agent.Mark;

    /// <summary>How far the mark is ahead, in positions.</summary>
    public long Gap => Math.Max(0, agent.Mark.Value - Position.Value);

    /// <summary>Waits until there is more.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => agent.WaitBeyondAsync(Position, cancellationToken);

    /// <summary>The rest of the page after the cursor. Does not move the cursor. Only when <see cref="HasMore"/>.</summary>
    /// <param name="eventsMax">At most so many events.</param>
    /// <param name="throughMax">Not beyond this position, which lies after the cursor.</param>
    /// <param name="cancellationToken">Cancels the wait for the page.</param>
    public async ValueTask<PageSlice> PeekAsync(int eventsMax, Position throughMax, CancellationToken cancellationToken)
    {
        Debug.Assert(HasMore, "A page is asked for below the mark only.");
        var page = await agent.GetAsync(this, cancellationToken).ConfigureAwait(false);
        Debug.Assert(page.Covers(Position), "The page covers the position after the cursor.");
        var first = page.IndexAfter(Position);
        var through = Position.Earlier(page.Through, throughMax);
        var count = (through < page.Through ? page.IndexAfter(through) : page.Events.Length) - first;
        return count <= eventsMax
            ? new PageSlice(page, first, count, through)
            : new PageSlice(page, first, eventsMax, page.Events[first + eventsMax - 1].Position);
    }

    /// <summary>
    /// Its reader commits until the answer is disposed: who waits for it is patient, as the store's pace is the same for all.
    /// </summary>
    public CommitScope Commit(long since)
    {
        Volatile.Write(ref _commitsSince, since);
        return new CommitScope(this);
    }

    /// <summary>Passes a slice.</summary>
    public void Advance(in PageSlice slice)
    {
        Debug.Assert(slice.Through > Position, "A cursor advances forwards.");
        Position = slice.Through;
        Moved.Fire();
    }

    /// <summary>Goes to a position, in either direction: a handshake's answer.</summary>
    public void MoveTo(Position after)
    {
        Position = after;
        Moved.Fire();
    }

    /// <summary>A commit that is under way.</summary>
    internal readonly struct CommitScope(EventCursor cursor) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref cursor._commitsSince, NotCommitting);
    }
}
