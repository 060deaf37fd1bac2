using System.Text.Json;

namespace Tidemark.Webhooks.Tests;

/// <summary>A request as a receiver got it.</summary>
internal sealed record Call(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string? Id => Headers.GetValueOrDefault(WebhookHeaders.Id);

    public string? ContentType => Headers.GetValueOrDefault("Content-Type");

    /// <summary>The CloudEvents, one or a batch.</summary>
    public IReadOnlyList<JsonElement> Events
    {
        get
        {
            var root = JsonDocument.Parse(Body).RootElement;
            return root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : [root];
        }
    }

    public IReadOnlyList<int> Numbers => [.. Events.Select(e => e.GetProperty("data").GetProperty("number").GetInt32())];

    public WebhookVerdict Verify(string secret, TimeProvider? time = null) => new WebhookVerifier(secret, time: time).Verify(
        Id, Headers.GetValueOrDefault(WebhookHeaders.Timestamp), Headers.GetValueOrDefault(WebhookHeaders.Signature), Body);
}
