namespace Tidemark.Protocol.Frames;

/// <summary>Client: it leaves in order; its partitions go to others at once. What is in flight is void.</summary>
public sealed record ByeFrame() : Frame;
