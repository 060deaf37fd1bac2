namespace Tidemark.Webhooks;

/// <summary>The headers of a signed call, as Standard Webhooks names them.</summary>
public static class WebhookHeaders
{
    /// <summary>Names the call: the same whenever the same events are posted again, after whatever went wrong.</summary>
    public const string Id = "webhook-id";

    /// <summary>When it was sent: whole seconds since 1970-01-01 UTC.</summary>
    public const string Timestamp = "webhook-timestamp";

    /// <summary>Its signatures, with a space between: <c>v1,</c> and an HMAC-SHA256 in base64.</summary>
    public const string Signature = "webhook-signature";
}
