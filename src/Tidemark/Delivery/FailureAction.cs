namespace Tidemark.Delivery;

/// <summary>
/// What happens to an event that a subscription's consumer failed to process as often as its policy allows. Stored by number.
/// </summary>
public enum FailureAction
{
    /// <summary>The shard is faulted: it stays where it is until an operator resumes or rewinds it. Nothing is skipped.</summary>
    Stop = 0,

    /// <summary>The event becomes a dead letter, later events of its stream wait behind it, all other streams go on.</summary>
    Park = 1,

    /// <summary>The event becomes a dead letter and is passed.</summary>
    Skip = 2,
}
