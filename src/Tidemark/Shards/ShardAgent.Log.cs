using Microsoft.Extensions.Logging;
using Tidemark.Checkpoints;
using Tidemark.Leases;

namespace Tidemark.Shards;

internal sealed partial class ShardAgent
{
    [LoggerMessage(EventId = 1301, Level = LogLevel.Information, Message = "Shard {Shard}: {From} to {To}.")]
    private partial void LogState(ShardName shard, ShardState from, ShardState to);

    [LoggerMessage(EventId = 1302, Level = LogLevel.Error, Message = "Shard {Shard} is paused ({Category}) and tries again in {Pause}.")]
    private partial void LogPaused(ShardName shard, ErrorCategory category, TimeSpan pause, Exception error);

    [LoggerMessage(EventId = 1303, Level = LogLevel.Warning, Message = "Shard {Shard} failed again ({Category}) and tries again in " +
        "{Pause}: {Error}")]
    private partial void LogStillPaused(ShardName shard, ErrorCategory category, TimeSpan pause, string error);

    [LoggerMessage(EventId = 1304, Level = LogLevel.Debug, Message = "A batch of {Events} event(s) after position {After} of shard " +
        "{Shard} failed; looking for the event: {Error}")]
    private partial void LogBatchFailed(ShardName shard, int events, long after, string error);

    [LoggerMessage(EventId = 1305, Level = LogLevel.Warning, Message = "Shard {Shard}: event {EventId} at position {Position} " +
        "failed ({Category}) and becomes a dead letter ({Action}).")]
    private partial void LogSetAside(
        ShardName shard, ErrorAction action, Guid eventId, long position, ErrorCategory category, Exception error);

    [LoggerMessage(EventId = 1306, Level = LogLevel.Warning, Message = "The consumer of shard {Shard} was offered {Offered} and " +
        "stands at {Token}; the shard repositions.")]
    private partial void LogRepositioned(ShardName shard, HandshakeToken offered, HandshakeToken token);

    [LoggerMessage(EventId = 1307, Level = LogLevel.Warning, Message = "Shard {Shard} could not write its last progress.")]
    private partial void LogStopFailed(ShardName shard, Exception error);

    [LoggerMessage(EventId = 1308, Level = LogLevel.Information, Message = "Shard {Shard}: the dead letter at position {Position} was " +
        "{Command}, and {Events} event(s) took effect; the event at position {Failed} failed (null: none).")]
    private partial void LogSettled(ShardName shard, long position, string command, long events, long? failed);

    [LoggerMessage(EventId = 1309, Level = LogLevel.Information, Message = "Shard {Shard} waits: {Reason}")]
    private partial void LogWaits(ShardName shard, string reason);
}
