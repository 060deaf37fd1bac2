namespace Tidemark.Delivery;

/// <summary>Where the events of a webhook subscription are posted to.</summary>
/// <param name="Url">An absolute http or https address. Off loopback it has to be https.</param>
/// <param name="Secret">
/// Signs each request (HMAC-SHA256); null for none. It is stored with the subscription, readable for who can read the database.
/// </param>
public sealed record WebhookTarget(Uri Url, string? Secret = null)
{
    internal IEnumerable<string> Validate()
    {
        if (!Url.IsAbsoluteUri || (Url.Scheme != Uri.UriSchemeHttp && Url.Scheme != Uri.UriSchemeHttps))
            yield return $"Webhook:Url is '{Url}'; it must be an absolute http or https address.";
        else if (Url.Scheme == Uri.UriSchemeHttp && !Url.IsLoopback)
            yield return $"Webhook:Url is '{Url}'; off this machine it must be https.";
        if (Secret is { Length: < 16 })
            yield return "Webhook:Secret is shorter than 16 characters.";
    }
}
