using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>One page to read from a stream.</summary>
/// <param name="Tenant">The stream's tenant.</param>
/// <param name="Stream">The stream.</param>
/// <param name="From">The first version to read: the lowest when reading forwards, the highest when reading backwards.</param>
/// <param name="To">The last version to read, inclusive.</param>
/// <param name="Backwards">Whether to read from high versions to low ones.</param>
/// <param name="EventsMax">How many events at most.</param>
public readonly record struct StreamRead(
    TenantId Tenant, StreamId Stream, StreamVersion From, StreamVersion To, bool Backwards, int EventsMax);
