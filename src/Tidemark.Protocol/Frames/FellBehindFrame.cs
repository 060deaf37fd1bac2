namespace Tidemark.Protocol.Frames;

/// <summary>Server: the partition is far behind the mark. For show; nothing is dropped, nothing to answer.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Gap">How many events behind.</param>
public sealed record FellBehindFrame(string Partition, long Gap) : Frame;
