using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>The key of a document.</summary>
/// <param name="Tenant">Its tenant; the default one for a read model across tenants.</param>
/// <param name="Key">Its key: the stream's name for single-stream projections.</param>
public readonly record struct DocumentKey(TenantId Tenant, string Key);
