using System.Collections.Immutable;
using Tidemark.Events;
using Tidemark.Shards;

namespace Tidemark.Testing.InMemory;

/// <summary>Which stream waits, in which generation.</summary>
internal readonly record struct MemoryQueueKey(string Projection, int Generation, TenantId Tenant, StreamId Stream);

/// <summary>A parked stream and what waits behind its dead letter.</summary>
internal sealed record MemoryQueue(Position Position, DateTimeOffset ParkedAt, ImmutableSortedDictionary<Position, ParkedEvent> Events);
