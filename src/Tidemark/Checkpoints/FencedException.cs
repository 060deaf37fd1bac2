using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Checkpoints;

/// <summary>
/// A checkpoint write was refused, with everything in its transaction: another owner has installed a newer epoch, or moved the
/// checkpoint.
/// </summary>
public sealed class FencedException : TidemarkException
{
    /// <summary>Tells of a refused write.</summary>
    public FencedException(ShardName shard, Epoch epoch, Position previous)
        : base(
            $"The checkpoint of shard {shard} was not moved (epoch {epoch}, from position {previous}): another owner has taken the " +
            $"shard over. " +
            "Nothing was written. The shard starts again from its stored checkpoint if this process still owns it.")
    {
        Shard = shard;
        Epoch = epoch;
    }

    /// <summary>The shard.</summary>
    public ShardName Shard { get; }

    /// <summary>The epoch of the refused write.</summary>
    public Epoch Epoch { get; }
}
