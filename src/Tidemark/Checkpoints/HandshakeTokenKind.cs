namespace Tidemark.Checkpoints;

/// <summary>The two kinds of handshake token.</summary>
public enum HandshakeTokenKind
{
    /// <summary>The position is not processed yet; inclusive.</summary>
    Start = 0,

    /// <summary>The position is processed; exclusive.</summary>
    Delivered = 1,
}
