using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Shards;

/// <summary>A shard's handshake failed: its epoch could not be installed or its token not be read. It is tried again.</summary>
public sealed class ShardStartException : TidemarkException
{
    /// <summary>Tells of the shard.</summary>
    public ShardStartException(ShardName shard, Exception inner)
        : base($"Shard {shard} could not start: {inner.Message} It tries again by itself.", inner)
        => Shard = shard;

    /// <summary>The shard.</summary>
    public ShardName Shard { get; }

    /// <inheritdoc />
    public override bool IsTransient => true;
}
