namespace Tidemark.Protocol.Frames;

/// <summary>
/// A message of the delivery protocol: one JSON object in one WebSocket text message, whose field <c>t</c> names the kind. The
/// specification is docs/protocol.md.
/// </summary>
public abstract record Frame
{
    private protected Frame()
    {
    }
}
