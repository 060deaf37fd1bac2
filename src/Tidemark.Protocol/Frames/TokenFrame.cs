namespace Tidemark.Protocol.Frames;

/// <summary>Client: its own token, as the answer to an ask, or to a delivery that it did not process because it stands elsewhere.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Number">The number of the question.</param>
/// <param name="Token">The token; null for none, which only an ask may be answered with.</param>
public sealed record TokenFrame(string Partition, long Number, WireToken? Token) : Frame;
