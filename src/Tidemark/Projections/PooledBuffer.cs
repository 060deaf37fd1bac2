using System.Buffers;

namespace Tidemark.Projections;

/// <summary>A growing buffer that borrows its memory from the shared pool and gives it back between uses.</summary>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private const int FirstBytes = 16 * 1024;

    private byte[] _bytes = [];

    /// <summary>How much is written.</summary>
    public int WrittenCount { get; private set; }

    /// <summary>What is written; valid until <see cref="Return"/>, and only once nothing more is written.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, WrittenCount);

    public void Advance(int count) => WrittenCount += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(1, sizeHint));
        return _bytes.AsMemory(WrittenCount);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Gives the memory back; what was written is gone.</summary>
    public void Return()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        WrittenCount = 0;
    }

    private void Reserve(int more)
    {
        if (_bytes.Length - WrittenCount >= more)
            return;
        var bigger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBytes, Math.Max(WrittenCount + more, 2 * _bytes.Length)));
        _bytes.AsSpan(0, WrittenCount).CopyTo(bigger);
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = bigger;
    }
}
