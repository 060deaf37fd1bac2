namespace Tidemark.Protocol.Frames;

/// <summary>Server: the handshake, and later the state sync. Where does the consumer stand?</summary>
/// <param name="Partition">The partition; a name whose parts mean nothing to the client.</param>
/// <param name="Number">The number of the question.</param>
/// <param name="Token">Where the consumer stands if it has no token of its own.</param>
public sealed record AskFrame(string Partition, long Number, WireToken Token) : Frame;
