namespace Tidemark.Protocol.Frames;

/// <summary>Server: the partition passed events that do not concern the consumer. For show; its token does not move, nothing to
/// answer.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Through">How far it is.</param>
public sealed record ProgressFrame(string Partition, long Through) : Frame;
