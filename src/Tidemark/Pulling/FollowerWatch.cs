using Tidemark.Events;

namespace Tidemark.Pulling;

/// <summary>
/// What one cursor knows of those it waits for when the cache is full. They are watched all at once: however many do not move, the wait for
/// them is one and the same.
/// </summary>
internal sealed class FollowerWatch(TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    // Large commits wait for each other.
    private static readonly TimeSpan CommitPatience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<EventCursor, Position> _seen = [];
    private long _since;

    /// <summary>Leaves behind who has not moved for as long as patience lasts.</summary>
    /// <returns>After which time at the latest to look again.</returns>
    public TimeSpan Look(IEnumerable<EventCursor> followers)
    {
        var left = _seen.Count > 0 ? Patience - time.GetElapsedTime(_since) : TimeSpan.Zero;
        if (left > TimeSpan.Zero)
            return left;
        var still = followers.ToList();
        foreach (var follower in still)
        {
            if (_seen.TryGetValue(follower, out var position) && position == follower.Position && !Commits(follower))
                follower.IsLeftBehind = true;
        }

        _seen.Clear();
        foreach (var follower in still)
            _seen[follower] = follower.Position;
        _since = time.GetTimestamp();
        return Patience;
    }

    private bool Commits(EventCursor follower) =>
        follower.CommitsSince is { } since && time.GetElapsedTime(since) < CommitPatience;
}
