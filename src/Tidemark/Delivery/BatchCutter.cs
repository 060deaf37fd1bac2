using Tidemark.Events;
using Tidemark.Pulling;

namespace Tidemark.Delivery;

/// <summary>
/// Cuts batches out of a slice, by number and size. After a batch that failed as a whole, the next ones are smaller until one event is
/// alone; they grow again as they pass. A batch that is handed out never changes: its receiver may keep it. Not safe for concurrent use.
/// </summary>
internal sealed class BatchCutter(DeliveryPolicy policy)
{
    private readonly List<RecordedEvent> _gathered = [];
    private RecordedEvent[] _events = [];
    private int _eventsMax = policy.BatchEventsMax;

    /// <summary>How many events the batch has.</summary>
    public int Count { get; private set; }

    /// <summary>The batch.</summary>
    public ReadOnlyMemory<RecordedEvent> Events => _events.AsMemory(0, Count);

    /// <summary>Events of parked streams on the way, to be recorded in the commit that passes them.</summary>
    public List<RecordedEvent> Parked { get; } = [];

    /// <summary>The index in the slice where the batch was begun to be cut.</summary>
    public int From { get; private set; }

    /// <summary>
    /// Cuts the next batch. Returns the index of the first event of the slice behind it; the batch is empty when nothing is left that is
    /// wanted.
    /// </summary>
    /// <param name="slice">The events.</param>
    /// <param name="from">The first index.</param>
    /// <param name="wants">Whether an event concerns the subscription.</param>
    /// <param name="isParked">Whether an event's stream is parked.</param>
    public int Cut(in PageSlice slice, int from, Func<RecordedEvent, bool> wants, Func<RecordedEvent, bool> isParked)
    {
        From = from;
        var next = Gather(slice, from, wants, isParked);
        _events = [.. _gathered];
        _gathered.Clear();
        Count = _events.Length;
        return next;
    }

    private int Gather(in PageSlice slice, int from, Func<RecordedEvent, bool> wants, Func<RecordedEvent, bool> isParked)
    {
        var bytes = 0L;
        for (var i = from; i < slice.Count; i++)
        {
            var e = slice[i];
            if (!wants(e))
                continue;
            if (isParked(e))
            {
                Parked.Add(e);
                continue;
            }

            bytes += e.StoredBytes;
            if (_gathered.Count == _eventsMax || (_gathered.Count > 0 && bytes > policy.BatchBytesMax))
                return i;
            _gathered.Add(e);
        }

        return slice.Count;
    }

    /// <summary>How many events of the batch lie at or below a position.</summary>
    public int CountThrough(Position through)
    {
        var count = 0;
        while (count < Count && _events[count].Position <= through)
            count++;
        return count;
    }

    /// <summary>The first event of the batch after a position; null when there is none.</summary>
    public RecordedEvent? FirstAfter(Position position)
    {
        var count = CountThrough(position);
        return count < Count ? _events[count] : null;
    }

    /// <summary>The last event of the batch at or below a position; null when there is none.</summary>
    public RecordedEvent? LastThrough(Position position)
    {
        var count = CountThrough(position);
        return count > 0 ? _events[count - 1] : null;
    }

    /// <summary>The first event of the batch that could not be decoded; null when all could.</summary>
    public RecordedEvent? FirstUndecoded
    {
        get
        {
            for (var i = 0; i < Count; i++)
            {
                if (_events[i].DecodeError is not null)
                    return _events[i];
            }

            return null;
        }
    }

    /// <summary>Cuts the batch off before one of its events. Returns that event's index in the slice.</summary>
    public int CutBefore(in PageSlice slice, RecordedEvent end)
    {
        Count = CountThrough(new Position(end.Position.Value - 1));
        return slice.IndexAfter(new Position(end.Position.Value - 1));
    }

    /// <summary>The batch failed, and nobody knows at which event: the next one has half as many, at least one.</summary>
    public void Narrow()
    {
        _eventsMax = Math.Max(1, Count / 2);
        Parked.Clear();
    }

    /// <summary>The batch passed.</summary>
    public void Passed() => _eventsMax = (int)Math.Min(policy.BatchEventsMax, 2L * _eventsMax);

    /// <summary>
    /// Takes the parked events at or below a position, which are being recorded, and forgets the others: they come again.
    /// </summary>
    public RecordedEvent[] TakeParked(Position through)
    {
        if (Parked.Count == 0)
            return [];
        RecordedEvent[] taken = [.. Parked.Where(e => e.Position <= through)];
        Parked.Clear();
        return taken;
    }

    /// <summary>
    /// Forgets what is gathered. Batches stay as small as they are: the event that failed alone is tried alone again, without those behind
    /// it, which a consumer may have processed before it refused the batch.
    /// </summary>
    public void Forget()
    {
        Count = 0;
        _events = [];
        Parked.Clear();
    }
}
