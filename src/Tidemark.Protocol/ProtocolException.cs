namespace Tidemark.Protocol;

/// <summary>The other side broke the protocol: tell it the code and end the connection. Nothing is lost; what was in flight is delivered
/// again.</summary>
/// <param name="code">What was wrong.</param>
/// <param name="message">The rule, then what came instead.</param>
/// <param name="inner">What the parser said, if it did.</param>
public sealed class ProtocolException(ErrorCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What was wrong.</summary>
    public ErrorCode Code { get; } = code;
}
