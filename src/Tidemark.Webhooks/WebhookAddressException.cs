namespace Tidemark.Webhooks;

/// <summary>A webhook's host is at an address that may not be called.</summary>
internal sealed class WebhookAddressException(string host, bool isPlain) : IOException(isPlain
    ? $"'{host}' is not this machine, and without TLS nothing is sent elsewhere; give it an https address."
    : $"'{host}' is at an address of a private network or of this machine, and those are not called. If that is meant, set " +
        $"{nameof(WebhookOptions)}.{nameof(WebhookOptions.AllowPrivateNetworks)}.");
