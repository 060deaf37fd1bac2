namespace Tidemark.Protocol;

/// <summary>What a consumer says about a delivery.</summary>
public enum AckOutcome
{
    /// <summary>Processed, all of it or up to a position.</summary>
    Done = 0,

    /// <summary>Hand the next event over again, later.</summary>
    RetryAfter = 1,

    /// <summary>Record the next event as a dead letter; later events of its stream wait behind it.</summary>
    Park = 2,

    /// <summary>Record the next event as a dead letter and go on.</summary>
    Skip = 3,

    /// <summary>Stop the subscription before the next event, until an operator resumes it.</summary>
    Stop = 4,
}
