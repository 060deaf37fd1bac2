using Tidemark.Protocol.Frames;

namespace Tidemark.Protocol.Sessions;

/// <summary>What a consumer knows of one partition on one connection.</summary>
internal sealed class PartitionState
{
    /// <summary>The number of the latest question seen; older ones are passed over.</summary>
    public long Latest { get; set; }

    /// <summary>Where the consumer stands; null until a handshake has said it.</summary>
    public WireToken? Expected { get; set; }

    /// <summary>What the application is at: a delivery, or an ask for its token. One at a time.</summary>
    public Frame? Busy { get; set; }

    /// <summary>Whether what the application is at was revoked: its answer goes nowhere.</summary>
    public bool IsVoid { get; set; }

    /// <summary>The newest ask that came meanwhile.</summary>
    public AskFrame? Waiting { get; set; }
}
