namespace Tidemark.Protocol.Frames;

/// <summary>Both: still there.</summary>
/// <param name="Mark">From the server: the high-water mark; null from the client.</param>
public sealed record HeartbeatFrame(long? Mark = null) : Frame;
