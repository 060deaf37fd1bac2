using Tidemark.Events;

namespace Tidemark.Pulling;

/// <summary>
/// A page on its way from the log. All who need it await it, and each goes on by itself: on one thread, the handlers of one would hold up
/// the next. Its owner locks what can be set.
/// </summary>
internal sealed class PageRead(Position after, Position bound, int eventsMax, Interests.Edition interests)
    : TaskCompletionSource<EventPage>(TaskCreationOptions.RunContinuationsAsynchronously), IBeginsAt
{
    /// <inheritdoc />
    public Position After { get; } = after;

    /// <summary>Where it ends at the latest.</summary>
    public Position Bound { get; } = bound;

    /// <summary>How many events it holds at most.</summary>
    public int EventsMax { get; } = eventsMax;

    /// <summary>For whom it is read.</summary>
    public Interests.Edition Interests { get; } = interests;

    /// <summary>Where it ends; null until its rows have come. Then they are decoded, and the next page can be read meanwhile.</summary>
    public Position? Through { get; set; }

    /// <summary>How many pages after it are wanted.</summary>
    public int Ahead { get; set; }
}
