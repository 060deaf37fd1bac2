namespace Tidemark.Delivery;

/// <summary>What a consumer says about the events it was handed.</summary>
public enum DeliveryOutcomeKind
{
    /// <summary>No outcome; what <c>default</c> is. Answering it is an error, never success.</summary>
    None = 0,

    /// <summary>The events, or those up to a position, are processed.</summary>
    Done = 1,

    /// <summary>The next event cannot be processed now; it is to be handed over again.</summary>
    RetryAfter = 2,

    /// <summary>The next event is recorded as a dead letter and later events of its stream wait behind it.</summary>
    Park = 3,

    /// <summary>The next event is recorded as a dead letter and its stream goes on.</summary>
    Skip = 4,

    /// <summary>The subscription is to stop before the next event, until an operator resumes it.</summary>
    Stop = 5,
}
