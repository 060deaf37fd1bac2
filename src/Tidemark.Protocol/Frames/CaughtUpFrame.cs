namespace Tidemark.Protocol.Frames;

/// <summary>
/// Server: everything of the partition up to the mark is processed. It does not move the client's token, and nothing is to be answered.
/// </summary>
/// <param name="Partition">The partition.</param>
/// <param name="Mark">The high-water mark.</param>
public sealed record CaughtUpFrame(string Partition, long Mark) : Frame;
