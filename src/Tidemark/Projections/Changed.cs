using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>
/// An event changed a document of an earlier stage. A later stage of a <see cref="CompositeProjection"/> handles it like an event:
/// <c>Key&lt;Changed&lt;Order&gt;&gt;(c =&gt; …)</c>, <c>On&lt;Changed&lt;Order&gt;&gt;(…)</c>.
/// </summary>
/// <remarks>
/// Guarantee: there is one for each event and document that it made, replaced or deleted, in position order, after the event itself.
/// It depends on the events alone, never on how they are gathered into commits. Stream, position, id, time and metadata of the
/// <see cref="Event{T}"/> around it are those of the event that caused it. A handler that returns the very object it was given has
/// changed nothing.
/// </remarks>
/// <typeparam name="TDocument">The earlier stage's document; it must be immutable.</typeparam>
/// <param name="Key">The document's key.</param>
/// <param name="Before">The document before the event; null when there was none.</param>
/// <param name="After">The document after the event; null when it is deleted.</param>
public sealed record Changed<TDocument>(string Key, TDocument? Before, TDocument? After) : IChanged
    where TDocument : class
{
    internal static readonly EventType EventType = new(typeof(Changed<TDocument>));
}

/// <summary>Marks what is derived from documents, and not read from the log.</summary>
internal interface IChanged;
