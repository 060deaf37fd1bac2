namespace Tidemark.Protocol.Frames;

/// <summary>Server: the partition has been delivered up to the mark. For show; nothing to answer.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Mark">The high-water mark.</param>
public sealed record CaughtUpFrame(string Partition, long Mark) : Frame;
