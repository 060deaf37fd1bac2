using Tidemark.Events;

namespace Tidemark.Tenancy;

/// <summary>A tenant is not known, or was removed.</summary>
public sealed class UnknownTenantException : TidemarkException
{
    /// <summary>Names the tenant.</summary>
    public UnknownTenantException(TenantId tenant)
        : base(
            $"Tenant '{tenant}' is not known here, or was removed. Add it with TenantDirectory.AddAsync. When another process has added " +
            "it just now, EventStore.ForTenantAsync finds it.")
    {
        Tenant = tenant;
    }

    /// <summary>The tenant.</summary>
    public TenantId Tenant { get; }
}
