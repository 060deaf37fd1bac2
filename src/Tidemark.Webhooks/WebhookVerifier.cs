using System.Globalization;
using System.Security.Cryptography;
using Tidemark.Delivery;

namespace Tidemark.Webhooks;

/// <summary>
/// Tells a receiver whether a call comes from who holds the secret. For receivers in .NET; for other languages there are the libraries of
/// Standard Webhooks. Takes the same time whatever differs. Safe for concurrent use.
/// </summary>
public sealed class WebhookVerifier
{
    private const int HeaderLengthMax = 4096;

    private readonly IReadOnlyList<byte[]> _keys;
    private readonly TimeSpan _tolerance;
    private readonly TimeProvider _time;

    /// <summary>Makes a verifier.</summary>
    /// <param name="secret">The secret of the subscription; while it is exchanged, the old and the new one with a space between.</param>
    /// <param name="tolerance">How far the time of a call may be from the own clock. 5 min by default; not negative.</param>
    /// <param name="time">The clock; the system's by default.</param>
    /// <exception cref="ArgumentException">The secret is none; the message says what one looks like.</exception>
    public WebhookVerifier(string secret, TimeSpan? tolerance = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(secret);
        if (tolerance is { } given)
            ArgumentOutOfRangeException.ThrowIfLessThan(given, TimeSpan.Zero, nameof(tolerance));
        _keys = WebhookSecret.KeysOf(secret)
            ?? throw new ArgumentException("The secret is none; it must be 'whsec_' and 24 to 64 bytes in base64.", nameof(secret));
        _tolerance = tolerance ?? TimeSpan.FromMinutes(5);
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Looks at a call.</summary>
    /// <param name="id">The header <see cref="WebhookHeaders.Id"/>.</param>
    /// <param name="timestamp">The header <see cref="WebhookHeaders.Timestamp"/>.</param>
    /// <param name="signature">The header <see cref="WebhookHeaders.Signature"/>.</param>
    /// <param name="body">The body as it came, before anything parsed it.</param>
    public WebhookVerdict Verify(string? id, string? timestamp, string? signature, ReadOnlySpan<byte> body)
    {
        if (string.IsNullOrEmpty(id) || id.Length > HeaderLengthMax || signature is not { Length: > 0 and <= HeaderLengthMax })
            return WebhookVerdict.Malformed;
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return WebhookVerdict.Malformed;
        if (!IsSigned(id, timestamp, signature, body))
            return WebhookVerdict.WrongSignature;
        var age = _time.GetUtcNow().ToUnixTimeSeconds() - seconds;
        return age > _tolerance.TotalSeconds ? WebhookVerdict.TooOld
            : age < -_tolerance.TotalSeconds ? WebhookVerdict.TooNew
            : WebhookVerdict.Valid;
    }

    private bool IsSigned(string id, string timestamp, string header, ReadOnlySpan<byte> body)
    {
        var isSigned = false;
        foreach (var key in _keys)
        {
            var expected = WebhookSignature.Compute(key, id, timestamp, body);
            foreach (var given in header.Split(' '))
            {
                if (!given.StartsWith(WebhookSignature.Prefix, StringComparison.Ordinal))
                    continue;
                var bytes = new byte[expected.Length];
                isSigned |= Convert.TryFromBase64String(given[WebhookSignature.Prefix.Length..], bytes, out var count)
                    && count == expected.Length && CryptographicOperations.FixedTimeEquals(bytes, expected);
            }
        }

        return isSigned;
    }
}
