namespace Tidemark.Tenancy;

/// <summary>How a new tenant gets its event database. One that has a database keeps it.</summary>
public enum TenantAssignment
{
    /// <summary>Each tenant has a database of its own, with the tenant's id for a name.</summary>
    OwnDatabase = 0,

    /// <summary>By the hash of its id over the databases of the pool.</summary>
    Hash = 1,

    /// <summary>The database of the pool that has the fewest tenants.</summary>
    LeastLoaded = 2,

    /// <summary>The one named when the tenant is added.</summary>
    Explicit = 3,
}
