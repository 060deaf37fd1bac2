using System.Globalization;
using System.Text.Json;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;
using Tidemark.Events;
using Tidemark.Storage;

namespace Tidemark.Webhooks;

/// <summary>Writes events as CloudEvents 1.0 in JSON. Their data is the stored JSON, character by character.</summary>
internal sealed class CloudEventWriter(string source, string database)
{
    private static readonly CloudEventAttribute Tenant = Extension("tenant", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute Position = Extension("position", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute Sequence = Extension("sequence", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute StreamVersion = Extension("streamversion", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute TraceParent = Extension("traceparent", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute CorrelationId = Extension("correlationid", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute CausationId = Extension("causationid", CloudEventAttributeType.String);

    private static readonly CloudEventAttribute[] Extensions =
        [Tenant, Position, Sequence, StreamVersion, TraceParent, CorrelationId, CausationId];

    private static readonly StoredJsonFormatter Formatter = new();

    // Positions, and with them the sequence, belong to one database.
    private readonly Uri _source = new(
        database == StorageContext.MainDatabase ? source : $"{source.TrimEnd('/')}/{Uri.EscapeDataString(database)}",
        UriKind.RelativeOrAbsolute);

    /// <summary>Writes one event, in structured mode.</summary>
    /// <exception cref="WebhookRefusedException">Its stored data or metadata is no JSON.</exception>
    public (ReadOnlyMemory<byte> Body, string ContentType) WriteOne(RecordedEvent e)
    {
        try
        {
            var body = Formatter.EncodeStructuredModeMessage(Convert(e), out var type);
            return (body, type.ToString());
        }
        catch (Exception error) when (error is JsonException or ArgumentException or EventSerializationException)
        {
            throw Unwritable(error);
        }
    }

    /// <summary>Writes several, in batch mode.</summary>
    /// <exception cref="WebhookRefusedException">The stored data or metadata of one is no JSON.</exception>
    public (ReadOnlyMemory<byte> Body, string ContentType) WriteBatch(ReadOnlyMemory<RecordedEvent> events)
    {
        try
        {
            var body = Formatter.EncodeBatchModeMessage(Convert(events), out var type);
            return (body, type.ToString());
        }
        catch (Exception error) when (error is JsonException or ArgumentException or EventSerializationException)
        {
            throw Unwritable(error);
        }
    }

    private IEnumerable<CloudEvent> Convert(ReadOnlyMemory<RecordedEvent> events)
    {
        for (var i = 0; i < events.Length; i++)
            yield return Convert(events.Span[i]);
    }

    private CloudEvent Convert(RecordedEvent e)
    {
        var made = new CloudEvent(CloudEventsSpecVersion.V1_0, Extensions)
        {
            Id = e.Id.ToString(),
            Source = _source,
            Type = CloudEventText.Fit(e.TypeName),
            Subject = CloudEventText.Fit(e.StreamId.Value),
            Time = e.RecordedAt.ToUniversalTime(),
            DataContentType = "application/json",
            Data = e,
        };
        made[Position] = e.Position.Value.ToString(CultureInfo.InvariantCulture);
        made[Sequence] = e.Position.Value.ToString("D19", CultureInfo.InvariantCulture);
        made[StreamVersion] = e.Version.Value.ToString(CultureInfo.InvariantCulture);
        Set(made, Tenant, e.Tenant.Value);
        Set(made, TraceParent, e.Metadata.TraceParent);
        Set(made, CorrelationId, e.Metadata.CorrelationId);
        Set(made, CausationId, e.Metadata.CausationId);
        return made;
    }

    private static void Set(CloudEvent made, CloudEventAttribute attribute, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            made[attribute] = CloudEventText.Fit(value);
    }

    private static CloudEventAttribute Extension(string name, CloudEventAttributeType type) =>
        CloudEventAttribute.CreateExtension(name, type);

    private static WebhookRefusedException Unwritable(Exception error) =>
        new($"The event cannot be written as a CloudEvent, and was not posted: {error.Message}", null, error);

    private sealed class StoredJsonFormatter : JsonEventFormatter
    {
        protected override void EncodeStructuredModeData(CloudEvent cloudEvent, Utf8JsonWriter writer)
        {
            writer.WritePropertyName(DataPropertyName);
            writer.WriteRawValue(((RecordedEvent)cloudEvent.Data!).Json.Span);
        }
    }
}
