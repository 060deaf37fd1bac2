using Tidemark.Hosting;

namespace Tidemark.Testing;

/// <summary>Chooses the store in memory.</summary>
public static class InMemoryTidemarkExtensions
{
    /// <summary>
    /// Keeps the events in memory, for tests: nothing survives the process, and projections that write SQL of their own are refused.
    /// </summary>
    public static TidemarkBuilder UseInMemory(this TidemarkBuilder builder) => builder.UseInMemory(new InMemoryDatabases());

    /// <summary>The same on databases that other hosts of the test share.</summary>
    /// <param name="builder">The store.</param>
    /// <param name="databases">The databases.</param>
    public static TidemarkBuilder UseInMemory(this TidemarkBuilder builder, InMemoryDatabases databases)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(databases);
        return builder.UseStorage(databases.Open, embedded: true);
    }
}
