using System.Diagnostics;
using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>Turns event objects into encoded events, within the limits.</summary>
internal sealed class EventEncoder(EventTypeRegistry types, IIdSource ids, LogOptions options)
{
    public StreamAppend Encode(TenantId tenant, StreamEvents stream, EventMetadata? metadata)
    {
        ArgumentNullException.ThrowIfNull(stream.Events);
        if (stream.Events.Count == 0)
            throw new ArgumentException($"The append to stream '{stream.Stream}' has no events; give at least one.", nameof(stream));
        if (stream.Events.Count > options.AppendEventsMax)
            throw new LimitExceededException(nameof(LogOptions.AppendEventsMax), options.AppendEventsMax, stream.Events.Count,
                $"Events in an append to stream '{stream.Stream}'");

        var shared = SharedMetadata(metadata);
        var events = new EncodedEvent[stream.Events.Count];
        long bytes = 0;
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = Encode(stream.Events[i], shared);
            bytes += events[i].Bytes;
            if (events[i].Bytes > options.EventBytesMax)
                throw new LimitExceededException(nameof(LogOptions.EventBytesMax), options.EventBytesMax, events[i].Bytes,
                    $"Bytes of an event of type '{events[i].TypeName}' for stream '{stream.Stream}'");
        }

        if (bytes > options.AppendBytesMax)
            throw new LimitExceededException(nameof(LogOptions.AppendBytesMax), options.AppendBytesMax, bytes,
                $"Bytes of an append to stream '{stream.Stream}'");
        if (stream.Stream.Value.Length == 0)
            throw new ArgumentException("A stream id must not be empty.", nameof(stream));
        return new StreamAppend(tenant, stream.Stream, Slot.Of(tenant, stream.Stream), stream.Expected, events);
    }

    private EncodedEvent Encode(object given, byte[]? sharedMetadata)
    {
        ArgumentNullException.ThrowIfNull(given);
        var data = given;
        Guid? id = null;
        var metadata = sharedMetadata;
        if (given is NewEvent wrapped)
        {
            data = wrapped.Data ?? throw new ArgumentException("A NewEvent has no data.", nameof(given));
            id = wrapped.Id;
            if (wrapped.Metadata is not null)
                metadata = MetadataSerializer.Write(WithTrace(wrapped.Metadata));
        }

        var type = types.Of(data.GetType());
        return new EncodedEvent(id ?? ids.Next(), type.Name, type.Encode(data), metadata);
    }

    private static byte[]? SharedMetadata(EventMetadata? metadata) =>
        metadata is null && Activity.Current is null ? null : MetadataSerializer.Write(WithTrace(metadata ?? EventMetadata.None));

    private static EventMetadata WithTrace(EventMetadata metadata) =>
        metadata.TraceParent is null && Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id }
            ? metadata with { TraceParent = id } : metadata;
}
