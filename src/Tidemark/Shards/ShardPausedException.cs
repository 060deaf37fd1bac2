using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>Somebody waits for a shard that is paused. The inner exception is the shard's own error.</summary>
public sealed class ShardPausedException : TidemarkException
{
    /// <summary>Tells of the shard.</summary>
    public ShardPausedException(ShardStatus status)
        : base(
            $"Shard {status.Shard} is paused at position {status.Position} ({status.Error?.Category}): {status.Error?.Exception.Message} " +
            $"It tries again at {status.Error?.NextTry:O}.",
            status.Error?.Exception)
        => Status = status;

    /// <summary>The shard's status.</summary>
    public ShardStatus Status { get; }
}
