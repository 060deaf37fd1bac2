using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>A stream whose later events wait behind a dead letter.</summary>
/// <param name="Projection">The projection.</param>
/// <param name="Generation">The generation of its read model.</param>
/// <param name="Tenant">The stream's tenant.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Position">The position of the dead letter, which is what retries and discards name.</param>
/// <param name="Waiting">How many events wait behind it.</param>
/// <param name="ParkedAt">When the stream was parked, by the database's clock; a retry that fails does not change it.</param>
public sealed record ParkedStream(
    string Projection, int Generation, TenantId Tenant, StreamId Stream, Position Position, long Waiting, DateTimeOffset ParkedAt);
