namespace Tidemark.Shards;

/// <summary>What a shard does with an event that fails after it was tried alone.</summary>
public enum ErrorAction
{
    /// <summary>The shard pauses before the event, and tries again by itself with growing waits. Nothing is dropped.</summary>
    Pause = 0,

    /// <summary>The event is recorded as a dead letter and the shard goes on after it, with later events of its stream too.</summary>
    Skip = 1,

    /// <summary>
    /// The event is recorded as a dead letter and its stream is parked: later events of the stream wait behind it, in order, while all
    /// other streams go on. A retry or a discard lets the stream rejoin.
    /// </summary>
    Park = 2,
}
