using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>One page to read from the log in position order.</summary>
/// <param name="After">Only events after this position.</param>
/// <param name="Through">Only events at or before this position. A reader that must not skip gives the high-water mark here.</param>
/// <param name="Filter">Which events.</param>
/// <param name="EventsMax">How many events at most; at least 1.</param>
/// <param name="BytesMax">Stop after the event with which the page's data reaches this many bytes.</param>
public readonly record struct LogRead(Position After, Position Through, LogFilter Filter, int EventsMax, int BytesMax);
