using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Shards;

/// <summary>
/// Somebody waits for a shard that is paused, or that has left a tenant behind whose event failed. The inner exception is the shard's own
/// error, where this process knows it.
/// </summary>
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

    /// <summary>Tells of a tenant that the shard has left behind, as an event of it failed; the shard itself goes on.</summary>
    public ShardPausedException(ShardName shard, TenantBehind tenant)
        : base($"Shard {shard} has left {tenant} behind. It tries again at {tenant.Problem?.NextTry:O}.")
    {
        Shard = shard;
        Tenant = tenant;
    }

    /// <summary>The tenant that was left behind; null when the shard is paused for all.</summary>
    public TenantBehind? Tenant { get; }

    /// <summary>The shard.</summary>
    public ShardName Shard { get; }

    /// <summary>The shard's status; null for a shard of another node.</summary>
    public ShardStatus? Status { get; }
}
