using Tidemark.Checkpoints;

namespace Tidemark.Delivery.Sessions;

/// <summary>What a consumer is asked in a handshake.</summary>
/// <param name="Number">The number of the question; its answer carries it.</param>
/// <param name="Fallback">Where it will stand if it answers that it has no token; it then expects this one to be offered next.</param>
internal readonly record struct HandshakeQuestion(long Number, HandshakeToken Fallback);
