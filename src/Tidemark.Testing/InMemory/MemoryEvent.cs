using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Testing.InMemory;

/// <summary>A stored event. Each read gets a <see cref="RecordedEvent"/> of its own, because decoding changes it.</summary>
internal sealed record MemoryEvent(
    Position Position, TenantId Tenant, StreamId Stream, StreamVersion Version, EncodedEvent Encoded, DateTimeOffset RecordedAt, short Slot)
{
    public bool IsOf(StreamAppend append) => Tenant == append.Tenant && Stream == append.Stream;

    public RecordedEvent ToRecorded() =>
        new(Position, Tenant, Stream, Version, Encoded.Id, Encoded.TypeName, Encoded.Json, Encoded.MetadataJson, RecordedAt, Slot);
}
