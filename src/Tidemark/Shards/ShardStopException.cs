using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Shards;

/// <summary>
/// A shard's last progress could not be written when it stopped. Nothing is lost: it will go on from its stored checkpoint. Not retried.
/// </summary>
public sealed class ShardStopException : TidemarkException
{
    /// <summary>Tells of the shard.</summary>
    public ShardStopException(ShardName shard, Exception inner)
        : base($"Shard {shard} stopped without writing its last progress: {inner.Message} It will go on from its stored checkpoint.", inner)
        => Shard = shard;

    /// <summary>The shard.</summary>
    public ShardName Shard { get; }
}
