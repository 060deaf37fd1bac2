namespace Tidemark.Tenancy;

/// <summary>How tenants are spread over event databases.</summary>
/// <param name="Assignment">How a new tenant gets its database.</param>
/// <param name="Pool">The databases of a pool; empty when each tenant has its own.</param>
internal sealed record TenancyOptions(TenantAssignment Assignment, IReadOnlyList<string> Pool);
