using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>
/// Finds the event that makes a batch fail. When the error names the event, the events before it go first, then it alone; when it does
/// not, the batch is halved until one
/// event is left. Good events are committed on the way, and each event is tried at least twice before it is held to be bad.
/// </summary>
internal sealed class BatchLimits
{
    private readonly int _eventsMax;
    private Position? _culprit;
    private Position _suspectThrough;
    private Position _failedThrough;
    private bool _growing;
    private int _events;

    public BatchLimits(int eventsMax) => _events = _eventsMax = eventsMax;

    /// <summary>The most events of the next batch.</summary>
    public int EventsMax => _events;

    /// <summary>The next batch goes no further than this.</summary>
    public Position ThroughMax(Position after)
    {
        if (_culprit is not { } culprit || culprit <= after)
            return Position.Max;
        var before = new Position(culprit.Value - 1);
        return before > after ? before : culprit;
    }

    /// <summary>A batch was committed.</summary>
    public void Passed(Position through)
    {
        if (_culprit is { } culprit)
        {
            if (through < culprit)
                _events = through.Value == culprit.Value - 1 ? 1 : _eventsMax;
            else
                Reset();
        }
        else if (through >= _suspectThrough)
        {
            Reset();
        }
        else if (_growing || through >= _failedThrough)
        {
            // Everything of the batch that failed has passed in smaller ones: no event was at fault. Grow again.
            _growing = true;
            _events = (int)Math.Min(_eventsMax, 2L * _events);
        }
    }

    /// <summary>
    /// A batch failed. True when it held one event alone, and that was in a batch that failed before: it is then the bad one.
    /// </summary>
    /// <param name="after">Where the batch began.</param>
    /// <param name="reached">The last event it held, the failing part included.</param>
    /// <param name="events">How many events it held.</param>
    /// <param name="culprit">The event that the error names, if it names one.</param>
    public bool Failed(Position after, Position reached, int events, Position? culprit)
    {
        if (events == 0)
            return false;
        if (events == 1 && reached <= _suspectThrough)
            return true;
        _suspectThrough = Position.Later(_suspectThrough, reached);
        _failedThrough = reached;
        _growing = false;
        // An event that was not there cannot be at fault: then the batch is halved.
        _culprit = culprit > after && culprit <= reached ? culprit : null;
        if (_culprit is not { } bad)
            _events = Math.Max(1, events / 2);
        else if (bad.Value - 1 <= after.Value)
            _events = 1;
        return false;
    }

    /// <summary>Whole batches again.</summary>
    public void Reset()
    {
        _culprit = null;
        _suspectThrough = Position.Beginning;
        _growing = false;
        _events = _eventsMax;
    }
}
