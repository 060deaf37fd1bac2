using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>What a retry or a discard takes away, in the commit of its effects.</summary>
/// <param name="Projection">The projection.</param>
/// <param name="Generation">The generation of its read model.</param>
/// <param name="Tenant">The stream's tenant.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Letter">The dead letter to delete; null when its record stays.</param>
/// <param name="Through">Events of the stream's queue up to this position are deleted.</param>
/// <param name="Rejoins">Whether the stream is no longer parked.</param>
public sealed record ParkedStreamStep(
    string Projection, int Generation, TenantId Tenant, StreamId Stream, Position? Letter, Position Through, bool Rejoins);
