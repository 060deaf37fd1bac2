namespace Tidemark.Shards;

/// <summary>What became of an event that failed.</summary>
public enum DeadLetterState
{
    /// <summary>It was left out, and its stream went on without it.</summary>
    Skipped = 0,

    /// <summary>Its stream is parked: later events wait behind it.</summary>
    Parked = 1,

    /// <summary>An operator gave it up. The record stays.</summary>
    Discarded = 2,

    /// <summary>It belongs to a generation of the read model that was dropped; nothing waits for it any more.</summary>
    Superseded = 3,
}
