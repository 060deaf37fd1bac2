using System.Security.Cryptography;
using System.Text;

namespace Tidemark.Webhooks;

/// <summary>The signature of Standard Webhooks: HMAC-SHA256 over id, timestamp and body, with a full stop between.</summary>
internal static class WebhookSignature
{
    /// <summary>What stands before each signature of this kind.</summary>
    public const string Prefix = "v1,";

    /// <summary>Makes the header, with one signature for each key.</summary>
    public static string Make(IReadOnlyList<byte[]> keys, string id, string timestamp, ReadOnlySpan<byte> body)
    {
        var all = new StringBuilder();
        foreach (var key in keys)
        {
            all.Append(all.Length == 0 ? "" : " ").Append(Prefix).Append(Convert.ToBase64String(Compute(key, id, timestamp, body)));
        }

        return all.ToString();
    }

    /// <summary>The bytes of one signature.</summary>
    public static byte[] Compute(byte[] key, string id, string timestamp, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
