using System.Text;

namespace Tidemark.Events;

/// <summary>
/// The unit of partitioning: a fixed hash of (tenant, stream) from 0 to 1023, stored with each event.
/// The hash is 64-bit FNV-1a over the UTF-8 bytes of the tenant, one byte 0x1F, and the UTF-8 bytes of the stream;
/// the upper 32 bits are folded into the lower by exclusive or, and the lowest 10 bits of the result are the slot.
/// It is part of the data format and never changes.
/// </summary>
public static class Slot
{
    /// <summary>How many slots there are.</summary>
    public const int Count = 1024;

    /// <summary>The slot of a stream.</summary>
    public static short Of(TenantId tenant, StreamId stream) => Of(tenant, stream.Value);

    /// <summary>The slot of a document's key, which may be longer than a stream's name.</summary>
    internal static short Of(TenantId tenant, string key)
    {
        const ulong offset = 14695981039346656037;
        var hash = Add(offset, tenant.Value);
        hash = Mix(hash, 0x1F);
        hash = Add(hash, key);
        var folded = (uint)(hash ^ (hash >> 32));
        return (short)(folded & (Count - 1));
    }

    private static ulong Add(ulong hash, string text)
    {
        const int onStack = StreamId.LengthMax * 3;
        var longest = Encoding.UTF8.GetMaxByteCount(text.Length);
        var bytes = longest <= onStack ? stackalloc byte[onStack] : new byte[longest];
        var length = Encoding.UTF8.GetBytes(text, bytes);
        foreach (var b in bytes[..length])
            hash = Mix(hash, b);
        return hash;
    }

    private static ulong Mix(ulong hash, byte b) => (hash ^ b) * 1099511628211;
}
