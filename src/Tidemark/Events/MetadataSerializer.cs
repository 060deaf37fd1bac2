using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidemark.Events;

/// <summary>Metadata as JSON. Absent values are not written; an event without metadata stores none.</summary>
internal static class MetadataSerializer
{
    public static byte[]? Write(EventMetadata metadata)
    {
        if (metadata is { CorrelationId: null, CausationId: null, Actor: null, TraceParent: null, Headers.Count: 0 })
            return null;
        var json = new MetadataJson(
            metadata.CorrelationId,
            metadata.CausationId,
            metadata.Actor,
            metadata.TraceParent,
            metadata.Headers.Count == 0 ? null : new Dictionary<string, string>(metadata.Headers, StringComparer.Ordinal));
        return JsonSerializer.SerializeToUtf8Bytes(json, MetadataJsonContext.Default.MetadataJson);
    }

    public static EventMetadata Read(RecordedEvent recorded, ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty)
            return EventMetadata.None;
        try
        {
            var read = JsonSerializer.Deserialize(json.Span, MetadataJsonContext.Default.MetadataJson)
                ?? throw new JsonException("The metadata is null.");
            return new EventMetadata
            {
                CorrelationId = read.Correlation,
                CausationId = read.Causation,
                Actor = read.Actor,
                TraceParent = read.TraceParent,
                Headers = read.Headers is null ? FrozenDictionary<string, string>.Empty
                    : read.Headers.ToFrozenDictionary(StringComparer.Ordinal),
            };
        }
        catch (JsonException e)
        {
            throw new EventSerializationException(recorded, e);
        }
    }
}

/// <summary>The stored form of metadata.</summary>
internal sealed record MetadataJson(
    string? Correlation, string? Causation, string? Actor, string? TraceParent, Dictionary<string, string>? Headers);

/// <summary>The source-generated serializer of metadata.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MetadataJson))]
internal sealed partial class MetadataJsonContext : JsonSerializerContext;
