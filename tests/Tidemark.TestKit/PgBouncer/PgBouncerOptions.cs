namespace Tidemark.TestKit.PgBouncer;

/// <summary>Settings of a pooler.</summary>
public sealed record PgBouncerOptions
{
    /// <summary>Server connections per database.</summary>
    public int PoolSize { get; init; } = 8;

    public int MaxClientConnections { get; init; } = 500;
}
