namespace Tidemark.Events;

/// <summary>A stored event has a type name, or an appended event a type, that is not registered in this process.</summary>
public sealed class UnknownEventTypeException : TidemarkException
{
    /// <summary>Tells of a stored event.</summary>
    public UnknownEventTypeException(RecordedEvent recorded)
        : base(
            $"The type '{recorded.TypeName}' of event {recorded.Id} (position {recorded.Position}, stream '{recorded.StreamId}') is " +
            $"not registered. " +
            $"Register it with Events(e => e.Add<…>(\"{recorded.TypeName}\")), or give an upcaster for that name.")
    {
        TypeName = recorded.TypeName;
        Position = recorded.Position;
    }

    /// <summary>Tells of an event to append, or of a handler's type.</summary>
    public UnknownEventTypeException(Type type)
        : base($"The event type {type.FullName} is not registered. Register it with Events(e => e.Add<{type.Name}>(\"a-stable-name\")).")
        => TypeName = type.FullName ?? type.Name;

    /// <summary>The stored name, or the full name of the CLR type.</summary>
    public string TypeName { get; }

    /// <summary>The stored event's position; null for an event that was to be appended.</summary>
    public Position? Position { get; }
}
