using Tidemark.Events;

namespace Tidemark.Tenancy;

/// <summary>A tenant and the event database it is in.</summary>
/// <param name="Id">The tenant.</param>
/// <param name="Database">The event database's name.</param>
/// <param name="State">Whether it is served.</param>
/// <param name="AddedAt">When it was added first, by the coordination database's clock.</param>
public sealed record Tenant(TenantId Id, string Database, TenantState State, DateTimeOffset AddedAt);
