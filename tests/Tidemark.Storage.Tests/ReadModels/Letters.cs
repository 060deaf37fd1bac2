using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.Storage.Tests.ReadModels;

/// <summary>Makes dead letters.</summary>
internal static class Letters
{
    public static DeadLetter Of(ShardName shard, long position) => new(
        shard,
        new(position),
        Guid.NewGuid(),
        "order-placed",
        TenantId.Default,
        "order-1",
        new(1),
        ErrorCategory.Apply,
        "System.InvalidOperationException",
        "It failed.",
        1,
        default);
}
