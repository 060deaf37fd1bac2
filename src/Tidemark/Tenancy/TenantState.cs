namespace Tidemark.Tenancy;

/// <summary>Whether a tenant is served. The numbers are stored.</summary>
public enum TenantState
{
    /// <summary>It is served.</summary>
    Active = 0,

    /// <summary>It was removed: nobody appends to it or reads it, and shards of a database with no other tenant do not run.</summary>
    Removed = 1,
}
