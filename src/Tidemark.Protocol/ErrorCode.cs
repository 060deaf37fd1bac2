namespace Tidemark.Protocol;

/// <summary>
/// Why a connection ends. The number is the WebSocket close code; on the wire, in <c>reject</c> and <c>drop</c>, the name stands in
/// camel case, for instance <c>unknownFrame</c>.
/// </summary>
public enum ErrorCode
{
    /// <summary>The frame is no JSON object, or no text.</summary>
    Malformed = 4000,

    /// <summary>The frame's kind is none of this protocol.</summary>
    UnknownFrame = 4001,

    /// <summary>A field that the frame must have is missing.</summary>
    MissingField = 4002,

    /// <summary>A field has a value of the wrong kind or out of range.</summary>
    InvalidField = 4003,

    /// <summary>The frame is larger than the receiver takes.</summary>
    TooLarge = 4004,

    /// <summary>A frame that cannot come at this point, or that only the other side sends.</summary>
    OutOfOrder = 4005,

    /// <summary>An answer that contradicts its question: an outcome outside of the delivery, a number that was never given.</summary>
    BadAnswer = 4006,

    /// <summary>Nothing was heard from the other side for too long.</summary>
    HeartbeatMissed = 4007,

    /// <summary>Who connects did not prove who they are.</summary>
    Unauthorized = 4010,

    /// <summary>Who connects may not receive this subscription, or this tenant.</summary>
    Forbidden = 4011,

    /// <summary>There is no such subscription, or it is not one for remote consumers.</summary>
    UnknownSubscription = 4012,

    /// <summary>Another node delivers this subscription: connect to the location given.</summary>
    Moved = 4013,

    /// <summary>A newer connection of the same member took over.</summary>
    Replaced = 4014,

    /// <summary>The subscription has its tokens kept by the other side than the consumer says.</summary>
    WrongTokens = 4015,

    /// <summary>The server has as many connections as it takes: try again later.</summary>
    Busy = 4016,

    /// <summary>The server is shutting down: connect again.</summary>
    ShuttingDown = 4020,

    /// <summary>The subscription was changed, moved or deleted: connect again.</summary>
    SubscriptionChanged = 4021,

    /// <summary>The consumer's token lies behind the end of the log: the log was set back, or the token was changed.</summary>
    AheadOfLog = 4022,

    /// <summary>An error of the server that is not the client's: connect again after a while.</summary>
    ServerError = 4029,
}
