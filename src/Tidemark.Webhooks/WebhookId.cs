using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Tidemark.Delivery;
using Tidemark.Events;

namespace Tidemark.Webhooks;

/// <summary>Names calls. The same events of the same subscription give the same name, in every attempt and on every node.</summary>
internal static class WebhookId
{
    private const int HashBytes = 12;

    /// <summary>The name of a call with one event: its id.</summary>
    public static string Of(RecordedEvent e) => e.Id.ToString();

    /// <summary>
    /// The name of a call with a batch: incarnation, first and last position, and a hash of the subscription's name and the events' ids.
    /// Without that, a batch that holds other events between the same ends, as after a change of the filter, would pass for a repeat.
    /// </summary>
    public static string Of(Subscription subscription, ReadOnlySpan<RecordedEvent> events)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(subscription.Name));
        Span<byte> id = stackalloc byte[16];
        foreach (var e in events)
        {
            e.Id.TryWriteBytes(id, bigEndian: true, out _);
            hash.AppendData(id);
        }

        var text = Base64Url.EncodeToString(hash.GetHashAndReset().AsSpan(0, HashBytes));
        return $"batch-{subscription.Incarnation}-{events[0].Position.Value}-{events[^1].Position.Value}-{text}";
    }
}
