using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Shards;

/// <summary>
/// The log no longer holds the event at which a shard's checkpoint is anchored: the database was restored, or failed over and lost its
/// last events. The shard does not go on, because new events may have taken the positions it believes to have processed.
/// </summary>
public sealed class LogRewoundException : TidemarkException
{
    /// <summary>Tells of the checkpoint.</summary>
    public LogRewoundException(Checkpoint checkpoint)
        : base(
            $"Shard {checkpoint.Shard} has processed event {checkpoint.Anchor} at position {checkpoint.AnchorPosition}, but the log " +
            $"holds no such event there. The database was " +
            "restored, or failed over and lost its last events. Rebuild the projection, or restore its read model to the same moment " +
            "as the log.")
        => Checkpoint = checkpoint;

    /// <summary>The checkpoint.</summary>
    public Checkpoint Checkpoint { get; }

    internal static async ValueTask ThrowIfRewoundAsync(IEventLog log, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        if (checkpoint.Anchor is not { } anchor)
            return;
        if (await log.FindEventIdAsync(checkpoint.AnchorPosition, cancellationToken).ConfigureAwait(false) != anchor)
            throw new LogRewoundException(checkpoint);
    }
}
