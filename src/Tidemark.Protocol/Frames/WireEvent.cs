namespace Tidemark.Protocol.Frames;

/// <summary>
/// An event on the wire. What was read from a buffer holds slices of that buffer: copy what is kept after it is reused.
/// </summary>
/// <param name="Position">Its place in the log.</param>
/// <param name="Id">Its id.</param>
/// <param name="Type">The registered name of its type.</param>
/// <param name="Stream">Its stream.</param>
/// <param name="Version">Its number inside the stream, from 1.</param>
/// <param name="Tenant">Its tenant; empty for none.</param>
/// <param name="RecordedAt">When the database recorded it.</param>
/// <param name="Data">Its data, UTF-8 JSON, byte by byte as stored.</param>
/// <param name="Metadata">Its metadata, UTF-8 JSON; empty for none.</param>
public readonly record struct WireEvent(
    long Position,
    Guid Id,
    string Type,
    string Stream,
    long Version,
    string Tenant,
    DateTimeOffset RecordedAt,
    ReadOnlyMemory<byte> Data,
    ReadOnlyMemory<byte> Metadata)
{
    // What the other fields take, about.
    private const int OverheadBytes = 300;

    /// <summary>How many bytes it takes on the wire, about.</summary>
    internal int WireBytes => Data.Length + Metadata.Length + OverheadBytes;
}
