using System.Text.Json;
using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>A message in the outbox.</summary>
/// <param name="Id">Its id: the same however often it is raised or delivered, so that receivers can drop repeats.</param>
/// <param name="Projection">The projection whose shard delivers it.</param>
/// <param name="EventId">The id of the event that caused it.</param>
/// <param name="Position">The position of that event.</param>
/// <param name="Ordinal">Its place among what the event caused.</param>
/// <param name="Tenant">The tenant of that event.</param>
/// <param name="Slot">The slot of that event.</param>
/// <param name="Name">What kind of message it is.</param>
/// <param name="Json">The message, UTF-8 JSON.</param>
public sealed record OutboxMessage(
    Guid Id,
    string Projection,
    Guid EventId,
    Position Position,
    int Ordinal,
    TenantId Tenant,
    short Slot,
    string Name,
    ReadOnlyMemory<byte> Json)
{
    /// <summary>The longest name, in characters.</summary>
    public const int NameLengthMax = 200;

    /// <summary>Reads the message.</summary>
    /// <param name="json">How; the naming of web JSON by default, as the store writes it.</param>
    /// <exception cref="JsonException">It does not fit the type.</exception>
    public T Read<T>(JsonSerializerOptions? json = null) =>
        JsonSerializer.Deserialize<T>(Json.Span, json ?? JsonSerializerOptions.Web)
        ?? throw new JsonException($"The message {Id} ('{Name}') is null.");
}
