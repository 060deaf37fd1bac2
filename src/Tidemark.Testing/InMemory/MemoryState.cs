using System.Collections.Immutable;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Shards;

namespace Tidemark.Testing.InMemory;

/// <summary>
/// Everything a database holds, as one immutable value. A transaction works on a state of its own; committing replaces the database's state
/// by it, rolling back forgets it. So a reader always sees one commit, whole.
/// </summary>
internal sealed record MemoryState
{
    public static readonly MemoryState Empty = new();

    /// <summary>The log: the event at index i has position i + 1.</summary>
    public AppendOnly<MemoryEvent> Events { get; init; }

    /// <summary>Index in the log by event id.</summary>
    public ImmutableDictionary<Guid, int> Ids { get; init; } = ImmutableDictionary<Guid, int>.Empty;

    public ImmutableDictionary<(TenantId Tenant, StreamId Stream), MemoryStreamRow> Streams { get; init; } =
        ImmutableDictionary<(TenantId, StreamId), MemoryStreamRow>.Empty;

    public ImmutableDictionary<ShardName, Checkpoint> Checkpoints { get; init; } = ImmutableDictionary<ShardName, Checkpoint>.Empty;

    public ImmutableDictionary<(string Projection, int Generation, Position Position), DeadLetter> DeadLetters { get; init; } =
        ImmutableDictionary<(string, int, Position), DeadLetter>.Empty;

    public ImmutableDictionary<MemoryQueueKey, MemoryQueue> Queues { get; init; } = ImmutableDictionary<MemoryQueueKey, MemoryQueue>.Empty;

    public ImmutableDictionary<Guid, OutboxMessage> Outbox { get; init; } = ImmutableDictionary<Guid, OutboxMessage>.Empty;

    public ImmutableDictionary<(string Projection, int Generation), ReadModelGeneration> Generations { get; init; } =
        ImmutableDictionary<(string, int), ReadModelGeneration>.Empty;

    /// <summary>Document and flat tables by their name with the generation.</summary>
    public ImmutableDictionary<string, MemoryTable> Tables { get; init; } = ImmutableDictionary<string, MemoryTable>.Empty;

    /// <summary>The live generation by stable name.</summary>
    public ImmutableDictionary<string, int> Views { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>Roster, leases and operator commands.</summary>
    public MemoryLeases Leases { get; init; } = MemoryLeases.Empty;

    /// <summary>Tenants and their databases.</summary>
    public MemoryTenants Tenants { get; init; } = MemoryTenants.Empty;

    /// <summary>Subscriptions, and the failures that their shards stand at.</summary>
    public MemorySubscriptions Subscriptions { get; init; } = MemorySubscriptions.Empty;

    /// <summary>The keys of remote consumers.</summary>
    public MemoryDeliveryKeys DeliveryKeys { get; init; } = MemoryDeliveryKeys.Empty;

    public Position Last => new(Events.Count);

    public StreamVersion VersionOf(TenantId tenant, StreamId stream) =>
        Streams.TryGetValue((tenant, stream), out var row) ? row.Version : StreamVersion.None;

    public bool IsArchived(MemoryEvent stored) => Streams[(stored.Tenant, stored.Stream)].IsArchived;
}
