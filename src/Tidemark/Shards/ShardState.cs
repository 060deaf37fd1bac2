namespace Tidemark.Shards;

/// <summary>What a shard is doing. <see cref="ShardTransitions"/> lists which state follows which.</summary>
public enum ShardState
{
    /// <summary>Not running in this process.</summary>
    Stopped = 0,

    /// <summary>Installing its epoch and asking its consumer for the token.</summary>
    Starting = 1,

    /// <summary>Processing events that lie behind the mark.</summary>
    CatchingUp = 2,

    /// <summary>At the mark; processes events as they come.</summary>
    Live = 3,

    /// <summary>Waiting after an error, for a time or for an operator; tries again by itself.</summary>
    Paused = 4,
}
