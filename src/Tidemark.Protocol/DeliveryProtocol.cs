namespace Tidemark.Protocol;

/// <summary>What both ends of a delivery connection agree on. The specification is docs/protocol.md.</summary>
public static class DeliveryProtocol
{
    /// <summary>The WebSocket subprotocol; its number changes when a frame or the order of frames does.</summary>
    public const string Subprotocol = "tidemark.delivery.v1";

    /// <summary>The longest name of a subscription, member, tenant, partition or session, in characters.</summary>
    public const int NameCharactersMax = 200;

    /// <summary>The longest reason or message, in characters.</summary>
    public const int ReasonCharactersMax = 2_000;

    /// <summary>The largest frame that a server takes, in bytes, unless it is configured otherwise: what clients send is small.</summary>
    public const int ClientFrameBytesMax = 64 * 1024;

    /// <summary>The largest frame that a client should be ready to take, in bytes: a batch, or a single event of the largest
    /// size.</summary>
    public const int ServerFrameBytesMax = 64 * 1024 * 1024;

    /// <summary>How deep the JSON of a frame may be nested, the data of events included.</summary>
    public const int DepthMax = 1_000;
}
