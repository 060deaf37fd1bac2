using System.Runtime.InteropServices;
using System.Text;

namespace Tidemark.Sqlite.Connections;

/// <summary>
/// Gives the same string for the same UTF-8 bytes without decoding them again. A table of fixed size in which a newer name takes an older
/// one's place, so it cannot grow. Not safe for concurrent use.
/// </summary>
internal sealed class Utf8Interner
{
    private const int Places = 512; // A power of two.

    private readonly (byte[] Utf8, string Text)[] _entries = new (byte[], string)[Places];

    /// <summary>The string of these bytes.</summary>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
            return "";
        ref var entry = ref _entries[HashOf(utf8) & (Places - 1)];
        if (entry.Utf8 is null || !utf8.SequenceEqual(entry.Utf8))
            entry = (utf8.ToArray(), Encoding.UTF8.GetString(utf8));
        return entry.Text;
    }

    private static int HashOf(ReadOnlySpan<byte> utf8)
    {
        var hash = (ulong)utf8.Length;
        var words = MemoryMarshal.Cast<byte, ulong>(utf8);
        foreach (var word in words)
            hash = (hash ^ word) * 0x9E3779B97F4A7C15;
        foreach (var b in utf8[(words.Length * sizeof(ulong))..])
            hash = (hash ^ b) * 0x9E3779B97F4A7C15;
        return (int)(hash >> 48);
    }
}
