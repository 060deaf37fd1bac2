using Tidemark.Events;

namespace Tidemark.Pulling;

/// <summary>
/// What one cursor knows of those it waits for when the cache is full. They are watched all at once: however many do not move, the wait for
/// them is one and the same.
/// </summary>
internal sealed class StepWatch(TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    // Large commits wait for each other.
    private static readonly TimeSpan CommitPatience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<EventCursor, Position> _seen = [];
    private long _since;

    /// <summary>Who has not moved for as long as patience lasts is out of step from now on.</summary>
    /// <param name="behind">Those to wait for, each with the position for which it is.</param>
    /// <returns>What to wait for, and how long at most; null when there is nobody to wait for.</returns>
    public (Task Moved, TimeSpan Patience)? Look(IEnumerable<(EventCursor Cursor, Position Position)> behind)
    {
        var still = behind.ToList();
        var left = _seen.Count == 0 ? TimeSpan.Zero : Patience - time.GetElapsedTime(_since);
        if (left <= TimeSpan.Zero)
        {
            still.RemoveAll(b => IsOut(b.Cursor, b.Position));
            _seen.Clear();
            foreach (var (cursor, position) in still)
                _seen[cursor] = position;
            _since = time.GetTimestamp();
            left = Patience;
        }

        if (still.Count == 0)
            return null;
        var first = still[0];
        var moved = first.Cursor.Moved.Next;
        // It may have moved before that: then nothing would wake the wait.
        // Rounded up: timers count whole milliseconds.
        var whole = TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
        return (first.Cursor.Position == first.Position ? moved : Task.CompletedTask, whole);
    }

    private bool IsOut(EventCursor cursor, Position position)
    {
        var isStill = _seen.TryGetValue(cursor, out var seen) && seen == position;
        if (!isStill || (cursor.CommitsSince is { } since && time.GetElapsedTime(since) < CommitPatience))
            return false;
        cursor.IsOutOfStep = true;
        return true;
    }
}
