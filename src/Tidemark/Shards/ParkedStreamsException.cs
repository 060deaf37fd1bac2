using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Shards;

/// <summary>A shard has as many parked streams as it may keep in memory. It pauses until some of them are retried or discarded.</summary>
public sealed class ParkedStreamsException : TidemarkException
{
    /// <summary>Tells of the shard.</summary>
    public ParkedStreamsException(ShardName shard, int parkedStreamsMax, Exception? inner = null)
        : base(
            $"Shard {shard} would have more than {parkedStreamsMax} parked streams (Shards:ParkedStreamsMax). Correct the cause, and " +
            "retry or discard their dead letters; or raise the limit.",
            inner)
        => Shard = shard;

    /// <summary>The shard.</summary>
    public ShardName Shard { get; }
}
