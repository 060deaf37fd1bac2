namespace Tidemark.Protocol;

/// <summary>The two kinds of token.</summary>
public enum WireTokenKind
{
    /// <summary>The position is not processed yet; inclusive.</summary>
    Start = 0,

    /// <summary>The position is processed; exclusive.</summary>
    Delivered = 1,
}
