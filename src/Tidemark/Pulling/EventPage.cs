using Tidemark.Events;

namespace Tidemark.Pulling;

/// <summary>
/// An immutable page of decoded events, shared by every cursor that passes it. It covers the positions after <see cref="After"/> up to
/// and with <see cref="Through"/>.
/// </summary>
internal sealed class EventPage : IBeginsAt
{
    /// <summary>What an empty page counts in the cache.</summary>
    private const int OwnBytes = 200;

    public EventPage(Position after, Position through, IReadOnlyList<RecordedEvent> events)
    {
        After = after;
        Through = through;
        Events = events as RecordedEvent[] ?? [.. events];
        Bytes = OwnBytes;
        foreach (var e in Events)
            Bytes += e.CachedBytes;
        AssertInvariants();
    }

    public Position After { get; }

    public Position Through { get; }

    public RecordedEvent[] Events { get; }

    public long Bytes { get; }

    /// <summary>When a cursor last took it, in the cache's own count.</summary>
    public long LastUse { get; set; }

    public bool Covers(Position position) => After <= position && position < Through;

    /// <summary>The index of the first event after a position.</summary>
    public int IndexAfter(Position position)
    {
        var (low, high) = (0, Events.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Events[middle].Position <= position)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    [System.Diagnostics.Conditional("DEBUG")]
    private void AssertInvariants()
    {
        System.Diagnostics.Debug.Assert(After < Through, "A page covers at least one position.");
        var last = After;
        foreach (var e in Events)
        {
            System.Diagnostics.Debug.Assert(e.Position > last && e.Position <= Through, "A page's events ascend inside its bounds.");
            last = e.Position;
        }
    }
}
