using Tidemark.Events;

namespace Tidemark.Pulling;

/// <summary>Events of a shared page in position order, and the position that is reached when they are processed.</summary>
/// <param name="Page">The shared page.</param>
/// <param name="First">The index of the first event.</param>
/// <param name="Count">How many events; may be 0.</param>
/// <param name="Through">The position reached.</param>
internal readonly record struct PageSlice(EventPage Page, int First, int Count, Position Through)
{
    public ReadOnlySpan<RecordedEvent> Events => Page.Events.AsSpan(First, Count);

    public RecordedEvent this[int index] => Page.Events[First + index];

    /// <summary>The index in the slice of its first event after a position; <see cref="Count"/> when there is none.</summary>
    public int IndexAfter(Position position) => Math.Clamp(Page.IndexAfter(position) - First, 0, Count);
}
