namespace Tidemark.Protocol.Sessions;

/// <summary>What a consumer does next.</summary>
public enum ConsumerStepKind
{
    /// <summary>Nothing: a late or repeated frame, or one that has to wait until the application has answered.</summary>
    None = 0,

    /// <summary>Send the frame.</summary>
    Send = 1,

    /// <summary>Read the partition's token from the own store, then call <see cref="ConsumerSession.TokenRead"/>.</summary>
    ReadToken = 2,

    /// <summary>Hand the delivery to the application, then call <see cref="ConsumerSession.Processed"/> or
    /// <see cref="ConsumerSession.FoundElsewhere"/>.</summary>
    Process = 3,

    /// <summary>The server took this connection: its welcome. Before it nothing else comes.</summary>
    Welcomed = 4,

    /// <summary>News to show: a heartbeat, how far a partition is, or that it belongs to another member now. Nothing to answer.</summary>
    News = 5,

    /// <summary>The server ends the connection: a reject or a drop.</summary>
    Ended = 6,
}
