namespace Tidemark.Leases;

/// <summary>Whether a shard is to run.</summary>
public enum LeaseState
{
    /// <summary>It is to run on some node.</summary>
    Wanted = 0,

    /// <summary>An operator has paused it: its owner drains and releases it, and nobody claims it.</summary>
    Paused = 1,

    /// <summary>
    /// It is replaced (swapped out, split, merged) or dropped: its owner drains and releases it, and nobody claims it again.
    /// </summary>
    Retired = 2,

    /// <summary>
    /// It is being split or merged: its owner drains and releases it, and nobody claims it. Then it is replaced by shards that run; those
    /// of a paused one are paused.
    /// </summary>
    Replacing = 3,
}
