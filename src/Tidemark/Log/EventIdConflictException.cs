using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>
/// Some of an append's event ids belong to events that are stored elsewhere, or in another order. Nothing was stored. An append is
/// repeated with exactly the same ids in
/// the same order, or made with new ones.
/// </summary>
public sealed class EventIdConflictException : TidemarkException
{
    /// <summary>Tells of a refused append.</summary>
    public EventIdConflictException(StreamId stream, Guid firstId)
        : base(
            $"An append to stream '{stream}' gives event ids (the first is {firstId}) of which some belong to other stored events. " +
            $"Nothing was stored. " +
            "Repeat an append with exactly the same ids in the same order, or give new ids.")
        => Stream = stream;

    /// <summary>The stream.</summary>
    public StreamId Stream { get; }
}
