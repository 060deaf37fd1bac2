namespace Tidemark.Delivery.Sessions;

/// <summary>The phases of a <see cref="DeliverySession"/>.</summary>
internal enum SessionPhase
{
    /// <summary>Nothing is known about where the consumer stands. Only a handshake leads on.</summary>
    Detached = 0,

    /// <summary>A handshake is under way.</summary>
    Asking = 1,

    /// <summary>The consumer stands at the last token, and nothing is in flight.</summary>
    Ready = 2,

    /// <summary>One offer is in flight.</summary>
    Offered = 3,
}
