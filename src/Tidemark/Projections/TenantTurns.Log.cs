using Microsoft.Extensions.Logging;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.Projections;

internal sealed partial class TenantTurns
{
    [LoggerMessage(EventId = 1351, Level = LogLevel.Information, Message = "Shard {Shard} has left tenant '{Tenant}' behind at position " +
        "{Position}: many of its events came at once, and others wait. They have turns.")]
    private partial void LogFlood(ShardName shard, TenantId tenant, long position);

    [LoggerMessage(EventId = 1352, Level = LogLevel.Error, Message = "Shard {Shard} has left tenant '{Tenant}' behind at position " +
        "{Position} ({Category}) and tries it again at {NextTry}; the others go on. {Error}")]
    private partial void LogFailed(
        ShardName shard, TenantId tenant, long position, string category, DateTimeOffset nextTry, string error);

    [LoggerMessage(EventId = 1353, Level = LogLevel.Information, Message = "Shard {Shard}: tenant '{Tenant}' has caught up at position " +
        "{Position} and is no longer behind.")]
    private partial void LogRejoined(ShardName shard, TenantId tenant, long position);

    [LoggerMessage(EventId = 1354, Level = LogLevel.Warning, Message = "Shard {Shard}: event {EventId} at position {Position} of tenant " +
        "'{Tenant}' failed ({Category}) and becomes a dead letter ({Action}).")]
    private partial void LogSetAside(
        ShardName shard, ErrorAction action, Guid eventId, long position, TenantId tenant, ErrorCategory category, Exception error);
}
