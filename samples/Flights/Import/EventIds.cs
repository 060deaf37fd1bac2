using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Flights.Import;

/// <summary>
/// Event ids that follow from what they identify (UUID version 8). They begin with a time, as ids of version 7 do, which keeps neighbours
/// together in the index on ids; the rest is a hash of the name.
/// </summary>
internal static class EventIds
{
    public static Guid Of(DateTime time, string stream, int version)
    {
        Span<byte> id = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{stream}/{version}"), id);
        var milliseconds = (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;
        BinaryPrimitives.WriteInt64BigEndian(id, (milliseconds << 16) | (uint)BinaryPrimitives.ReadUInt16BigEndian(id[6..]));
        id[6] = (byte)((id[6] & 0x0F) | 0x80);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id[..16], bigEndian: true);
    }
}
