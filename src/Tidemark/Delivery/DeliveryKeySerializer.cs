using System.Text.Json;
using System.Text.Json.Serialization;
using Tidemark.Events;

namespace Tidemark.Delivery;

/// <summary>The stored form of what a key opens: JSON.</summary>
public static class DeliveryKeySerializer
{
    /// <summary>Writes a scope.</summary>
    public static string Write(DeliveryKeyScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return JsonSerializer.Serialize(
            new StoredKeyScope(scope.Subscriptions, scope.Tenants is { } tenants ? [.. tenants.Select(t => t.Value)] : null),
            DeliveryKeyJsonContext.Default.StoredKeyScope);
    }

    /// <summary>Reads a scope.</summary>
    /// <param name="id">The key's id, for the message.</param>
    /// <param name="json">What is stored.</param>
    /// <exception cref="FormatException">The text is not what <see cref="Write"/> writes.</exception>
    public static DeliveryKeyScope Read(string id, string json)
    {
        try
        {
            var stored = JsonSerializer.Deserialize(json, DeliveryKeyJsonContext.Default.StoredKeyScope)
                ?? throw new JsonException("The scope is null.");
            return new DeliveryKeyScope
            {
                Subscriptions = stored.Subscriptions,
                Tenants = stored.Tenants is { } tenants ? [.. tenants.Select(TenantId.Trusted)] : null,
            };
        }
        catch (JsonException e)
        {
            throw new FormatException($"The stored scope of delivery key '{id}' cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>A scope as it is stored.</summary>
internal sealed record StoredKeyScope(IReadOnlyList<string>? Subscriptions, IReadOnlyList<string>? Tenants);

/// <summary>The source-generated serializer of scopes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(StoredKeyScope))]
internal sealed partial class DeliveryKeyJsonContext : JsonSerializerContext;
