namespace Tidemark.Protocol.Frames;

/// <summary>Server: the partition no longer belongs to this member. Answers about it count no more.</summary>
/// <param name="Partition">The partition.</param>
public sealed record RevokeFrame(string Partition) : Frame;
