using Tidemark.Protocol;

namespace Tidemark.Client;

/// <summary>The connection ended for a reason that connecting again does not change.</summary>
/// <param name="code">Why.</param>
/// <param name="message">Why, for people.</param>
/// <param name="inner">What was thrown, if anything was.</param>
public sealed class ConnectionRefusedException(ErrorCode code, string message, Exception? inner = null)
    : Exception($"{code.ToWire()}: {message}", inner)
{
    /// <summary>Why.</summary>
    public ErrorCode Code { get; } = code;
}
