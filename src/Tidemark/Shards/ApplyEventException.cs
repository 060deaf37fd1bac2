using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>A projection's code failed on an event. The projection's error options decide what happens.</summary>
public sealed class ApplyEventException : TidemarkException
{
    /// <summary>Tells of the event.</summary>
    public ApplyEventException(string projection, RecordedEvent recorded, Exception inner)
        : base($"Projection '{projection}' failed on event {recorded.Id} ({recorded}): {inner.GetType().Name}: {inner.Message}", inner)
    {
        Projection = projection;
        Event = recorded;
    }

    /// <summary>The projection.</summary>
    public string Projection { get; }

    /// <summary>The event.</summary>
    public RecordedEvent Event { get; }
}
