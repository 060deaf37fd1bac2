using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tidemark.Events;

namespace Tidemark.Delivery;

/// <summary>
/// The stored forms of a subscription's definition, without its name, and of its starts: JSON. Equal values give equal text.
/// </summary>
public static class DefinitionSerializer
{
    /// <summary>Writes a definition.</summary>
    public static string Write(SubscriptionDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var policy = definition.Policy;
        var stored = new StoredDefinition(
            definition.Kind, definition.Types, definition.StreamPrefix, definition.Tenant?.Value, definition.Start.Position?.Value,
            definition.Start.Moment, definition.Partitions, definition.KeepsOwnToken,
            new(policy.BatchEventsMax, policy.BatchBytesMax, policy.BatchWaitMax, policy.ParallelStreams, policy.CallTimeout,
                policy.AttemptsMax, policy.OnFailure, policy.RetryMin, policy.RetryMax),
            definition.Webhook is { } webhook ? new(webhook.Url.AbsoluteUri, webhook.Secret) : null);
        return JsonSerializer.Serialize(stored, DefinitionJsonContext.Default.StoredDefinition);
    }

    /// <summary>Writes where a subscription begins.</summary>
    public static string WriteStarts(IReadOnlyDictionary<string, Position> starts) => JsonSerializer.Serialize(
        new SortedDictionary<string, long>(starts.ToDictionary(s => s.Key, s => s.Value.Value), StringComparer.Ordinal),
        DefinitionJsonContext.Default.SortedDictionaryStringInt64);

    /// <summary>Reads where a subscription begins.</summary>
    /// <exception cref="FormatException">The text is not what <see cref="WriteStarts"/> writes.</exception>
    public static IReadOnlyDictionary<string, Position> ReadStarts(string name, string json)
    {
        try
        {
            return (JsonSerializer.Deserialize(json, DefinitionJsonContext.Default.SortedDictionaryStringInt64) ?? [])
                .ToFrozenDictionary(s => s.Key, s => new Position(s.Value), StringComparer.Ordinal);
        }
        catch (JsonException e)
        {
            throw new FormatException($"The stored starts of subscription '{name}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a definition.</summary>
    /// <exception cref="FormatException">The text is not what <see cref="Write"/> writes.</exception>
    public static SubscriptionDefinition Read(string name, string json)
    {
        try
        {
            var stored = JsonSerializer.Deserialize(json, DefinitionJsonContext.Default.StoredDefinition)
                ?? throw new JsonException("The definition is null.");
            var policy = stored.Policy;
            return new SubscriptionDefinition
            {
                Name = name,
                Kind = stored.Kind,
                Types = stored.Types,
                StreamPrefix = stored.StreamPrefix,
                Tenant = stored.Tenant is { } tenant ? TenantId.Trusted(tenant) : default(TenantId?),
                Start = new(stored.StartPosition is { } position ? new Position(position) : null, stored.StartMoment),
                Partitions = stored.Partitions,
                KeepsOwnToken = stored.KeepsOwnToken,
                Policy = new DeliveryPolicy
                {
                    BatchEventsMax = policy.BatchEventsMax,
                    BatchBytesMax = policy.BatchBytesMax,
                    BatchWaitMax = policy.BatchWaitMax,
                    ParallelStreams = policy.ParallelStreams,
                    CallTimeout = policy.CallTimeout,
                    AttemptsMax = policy.AttemptsMax,
                    OnFailure = policy.OnFailure,
                    RetryMin = policy.RetryMin,
                    RetryMax = policy.RetryMax,
                },
                Webhook = stored.Webhook is { } webhook ? new(new Uri(webhook.Url), webhook.Secret) : null,
            };
        }
        catch (Exception e) when (e is JsonException or UriFormatException)
        {
            throw new FormatException($"The stored definition of subscription '{name}' cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>A definition as it is stored.</summary>
internal sealed record StoredDefinition(
    SubscriptionKind Kind, IReadOnlyList<string>? Types, string? StreamPrefix, string? Tenant, long? StartPosition,
    DateTimeOffset? StartMoment, int Partitions, bool KeepsOwnToken, StoredPolicy Policy, StoredWebhook? Webhook);

/// <summary>A policy as it is stored.</summary>
internal sealed record StoredPolicy(
    int BatchEventsMax, int BatchBytesMax, TimeSpan BatchWaitMax, int ParallelStreams, TimeSpan? CallTimeout, int? AttemptsMax,
    FailureAction OnFailure, TimeSpan RetryMin, TimeSpan RetryMax);

/// <summary>A webhook's target as it is stored.</summary>
internal sealed record StoredWebhook(string Url, string? Secret);

/// <summary>The source-generated serializer of definitions.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredDefinition))]
[JsonSerializable(typeof(SortedDictionary<string, long>))]
internal sealed partial class DefinitionJsonContext : JsonSerializerContext;
