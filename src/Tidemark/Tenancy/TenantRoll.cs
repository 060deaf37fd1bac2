namespace Tidemark.Tenancy;

/// <summary>Every tenant, removed ones included, as of one change.</summary>
/// <param name="Change">The number of the newest change in it; 0 before the first.</param>
/// <param name="Tenants">The tenants, by id.</param>
public sealed record TenantRoll(long Change, IReadOnlyList<Tenant> Tenants);
