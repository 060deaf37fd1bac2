using System.Text;
using Npgsql;

namespace Tidemark.PostgreSql;

/// <summary>
/// Turns a column's bytes into a string that is made once: type and tenant names repeat in every row. Bounded; what does not fit is made
/// anew. Safe for concurrent use: a slot is replaced as a whole.
/// </summary>
internal sealed class NameCache
{
    private const int SlotsCount = 4096;
    private const int BytesMax = 512;
    private readonly Entry?[] _slots = new Entry?[SlotsCount];

    /// <summary>Reads a text column.</summary>
    /// <param name="reader">On the row.</param>
    /// <param name="ordinal">The column; not null.</param>
    /// <param name="buffer">Scratch space of the caller, at least <see cref="BufferBytes"/> long.</param>
    public string Read(NpgsqlDataReader reader, int ordinal, byte[] buffer)
    {
        var length = (int)reader.GetBytes(ordinal, 0, buffer, 0, BytesMax + 1);
        if (length == 0)
            return "";
        if (length > BytesMax)
            return reader.GetString(ordinal);

        var bytes = buffer.AsSpan(0, length);
        var hash = Hash(bytes);
        ref var slot = ref _slots[hash & (SlotsCount - 1)];
        var entry = Volatile.Read(ref slot);
        if (entry is not null && bytes.SequenceEqual(entry.Bytes))
            return entry.Text;

        entry = new(bytes.ToArray(), Encoding.UTF8.GetString(bytes));
        Volatile.Write(ref slot, entry);
        return entry.Text;
    }

    /// <summary>How long the scratch space must be, in bytes.</summary>
    public static int BufferBytes => BytesMax + 1;

    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261;
        foreach (var b in bytes)
            hash = (hash ^ b) * 16777619;
        return hash ^ (hash >> 15);
    }

    private sealed record Entry(byte[] Bytes, string Text);
}
