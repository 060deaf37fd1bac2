using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>Events to append to one stream, as a storage provider receives them: encoded, with ids and slot.</summary>
/// <param name="Tenant">The stream's tenant.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Slot">The stream's slot.</param>
/// <param name="Expected">What the append expects of the stream.</param>
/// <param name="Events">At least one event.</param>
public sealed record StreamAppend(TenantId Tenant, StreamId Stream, short Slot, ExpectedVersion Expected, EncodedEvent[] Events);
