namespace Tidemark.Events;

/// <summary>An event to append. A plain event object converts to it; use this type to give an id or metadata.</summary>
/// <param name="Data">The event object; its type must be registered.</param>
public sealed record NewEvent(object Data)
{
    /// <summary>
    /// The event's id; a new time-ordered one (UUID version 7) when not given. Appending the same ids again stores nothing twice.
    /// </summary>
    public Guid? Id { get; init; }

    /// <summary>The event's metadata; that of the append call when not given.</summary>
    public EventMetadata? Metadata { get; init; }
}
