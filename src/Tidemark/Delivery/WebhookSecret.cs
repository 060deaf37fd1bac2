using System.Security.Cryptography;

namespace Tidemark.Delivery;

/// <summary>
/// The secrets that sign webhooks, in the form of Standard Webhooks: <c>whsec_</c> and 24 to 64 bytes in base64. Receivers' libraries take
/// the same text.
/// </summary>
public static class WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int KeyBytes = 32;
    private const int KeyBytesMin = 24;
    private const int KeyBytesMax = 64;
    private const int SecretsMax = 4;

    /// <summary>Makes a secret of 32 random bytes.</summary>
    public static string Make() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>
    /// The keys of a secret, or of several with a space between; null when it is no secret, or more than four.
    /// </summary>
    internal static IReadOnlyList<byte[]>? KeysOf(string secrets)
    {
        var texts = secrets.Split(' ');
        var keys = new List<byte[]>(texts.Length);
        foreach (var text in texts)
        {
            var key = new byte[KeyBytesMax + 3];
            if (!text.StartsWith(Prefix, StringComparison.Ordinal)
                || !Convert.TryFromBase64String(text[Prefix.Length..], key, out var count)
                || count is < KeyBytesMin or > KeyBytesMax)
            {
                return null;
            }

            keys.Add(key[..count]);
        }

        return keys.Count <= SecretsMax ? keys : null;
    }
}
