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
    public static short Of(TenantId tenant, StreamId stream)
    {
        const ulong offset = 14695981039346656037;
        var hash = Add(offset, tenant.Value);
        hash = Mix(hash, 0x1F);
        hash = Add(hash, stream.Value);
        var folded = (uint)(hash ^ (hash >> 32));
        return (short)(folded & (Count - 1));
    }

    private static ulong Add(ulong hash, string text)
    {
        Span<byte> bytes = stackalloc byte[StreamId.LengthMax * 3];
        var length = Encoding.UTF8.GetBytes(text, bytes);
        foreach (var b in bytes[..length])
            hash = Mix(hash, b);
        return hash;
    }

    private static ulong Mix(ulong hash, byte b) => (hash ^ b) * 1099511628211;
}
