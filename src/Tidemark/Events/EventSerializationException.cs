namespace Tidemark.Events;

/// <summary>An event's data or metadata could not be written as JSON, or its stored JSON could not be read.</summary>
public sealed class EventSerializationException : TidemarkException
{
    /// <summary>Tells of a stored event that could not be read.</summary>
    public EventSerializationException(RecordedEvent recorded, Exception inner)
        : base(
            $"The data of event {recorded.Id} ({recorded.TypeName}, position {recorded.Position}, stream '{recorded.StreamId}') could " +
            $"not be read as JSON: " +
            $"{inner.Message} Correct the type or its upcaster, or choose what the projection's options do with such events.",
            inner)
        => Position = recorded.Position;

    /// <summary>Tells of an event that could not be written.</summary>
    public EventSerializationException(string typeName, Exception inner)
        : base($"An event of type '{typeName}' could not be written as JSON: {inner.Message}", inner)
    {
    }

    /// <summary>The stored event's position; null for an event that was to be written.</summary>
    public Position? Position { get; }
}
