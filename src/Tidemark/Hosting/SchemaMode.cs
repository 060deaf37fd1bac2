namespace Tidemark.Hosting;

/// <summary>What happens to the database's schema at start.</summary>
public enum SchemaMode
{
    /// <summary>Apply in Development and without a host environment, and always for an embedded store; check otherwise.</summary>
    Auto = 0,

    /// <summary>Create it, or apply what is missing.</summary>
    Apply = 1,

    /// <summary>Compare it, and refuse to start when something is missing.</summary>
    Check = 2,
}
