using System.Text;

namespace Tidemark.Delivery;

/// <summary>Where the events of a webhook subscription are posted to. Its text shows neither the secret nor the path.</summary>
/// <param name="Url">An absolute http or https address. Off loopback it has to be https.</param>
/// <param name="Secret">
/// Signs each request (HMAC-SHA256); see <see cref="WebhookSecret.Make"/>. While it is exchanged, up to four with a space between: each of
/// them signs. Null for no signature. It is stored with the subscription, readable for who can read the database.
/// </param>
public sealed record WebhookTarget(Uri Url, string? Secret = null)
{
    /// <summary>Scheme, host and port: what may be shown, as a path is often as good as a password.</summary>
    internal string Place => Url.IsAbsoluteUri ? Url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) : "(relative)";

    internal IEnumerable<string> Validate()
    {
        if (!Url.IsAbsoluteUri || (Url.Scheme != Uri.UriSchemeHttp && Url.Scheme != Uri.UriSchemeHttps))
            yield return $"Webhook:Url is '{Place}'; it must be an absolute http or https address.";
        else if (Url.Scheme == Uri.UriSchemeHttp && !Url.IsLoopback)
            yield return $"Webhook:Url is at '{Place}'; off this machine it must be https.";
        else if (Url.UserInfo.Length > 0)
            yield return $"Webhook:Url at '{Place}' holds a user name, which is not sent; the signature says who calls.";
        if (Secret is not null && WebhookSecret.KeysOf(Secret) is null)
        {
            yield return "Webhook:Secret is none; it must be 'whsec_' and 24 to 64 bytes in base64, as WebhookSecret.Make() gives, or up " +
                "to four such with a space between.";
        }
    }

    private bool PrintMembers(StringBuilder text)
    {
        text.Append("Url = ").Append(Place).Append(", Secret = ").Append(Secret is null ? "none" : "set");
        return true;
    }
}
