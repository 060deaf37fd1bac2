using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>What the store knows of a stream.</summary>
/// <param name="Tenant">Its tenant.</param>
/// <param name="Stream">Its name.</param>
/// <param name="Version">The version of its last event.</param>
/// <param name="IsArchived">Whether it is archived: hidden from the daemon, closed for appends, still readable as a stream.</param>
public sealed record StreamState(TenantId Tenant, StreamId Stream, StreamVersion Version, bool IsArchived);
