using Tidemark.Events;
using Tidemark.Leases;

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
    {
        Status = status;
        Shard = status.Shard;
    }

    /// <summary>Tells of a shard of another node.</summary>
    public ShardPausedException(ShardName shard, ShardProblem problem)
        : base($"Shard {shard} is paused ({problem.Category}): {problem.Message} " +
            (problem.NextTry is { } next ? $"It tries again at {next:O}." : "It waits for an operator."))
        => Shard = shard;

    /// <summary>The shard.</summary>
    public ShardName Shard { get; }

    /// <summary>The shard's status; null for a shard of another node.</summary>
    public ShardStatus? Status { get; }
}
