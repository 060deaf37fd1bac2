using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>A page of the log.</summary>
/// <param name="Events">The events that matched, in position order. Archived streams are left out.</param>
/// <param name="ScannedThrough">
/// How far the page looked: no event that matches lies between the last one here and this position. The bound asked for when the page was
/// not cut short.
/// </param>
public readonly record struct LogPage(IReadOnlyList<RecordedEvent> Events, Position ScannedThrough);
