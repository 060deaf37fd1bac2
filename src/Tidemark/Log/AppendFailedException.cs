using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>
/// The database did not answer an append, and did not within the retries. Whether the events are stored is unknown: append again with the
/// same ids
/// (<see cref="EventIds"/>), which stores nothing twice.
/// </summary>
public sealed class AppendFailedException : TidemarkException
{
    /// <summary>Tells of an append without an answer.</summary>
    public AppendFailedException(StreamId stream, IReadOnlyList<Guid> eventIds, Exception inner)
        : base(
            $"The append of {eventIds.Count} event(s) to stream '{stream}' got no answer: {inner.Message} Whether they are stored is " +
            $"unknown. " +
            "Append them again with the same ids; nothing is stored twice.",
            inner)
    {
        Stream = stream;
        EventIds = eventIds;
    }

    /// <summary>The stream.</summary>
    public StreamId Stream { get; }

    /// <summary>The ids that the events were given.</summary>
    public IReadOnlyList<Guid> EventIds { get; }

    /// <inheritdoc />
    public override bool IsTransient => true;
}
