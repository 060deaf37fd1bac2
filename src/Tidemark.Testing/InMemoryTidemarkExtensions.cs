using Tidemark.Hosting;

namespace Tidemark.Testing;

/// <summary>Chooses the store in memory.</summary>
public static class InMemoryTidemarkExtensions
{
    /// <summary>
    /// Keeps the events in memory, for tests: nothing survives the process, and projections that write SQL of their own are refused.
    /// </summary>
    public static TidemarkBuilder UseInMemory(this TidemarkBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseStorage(context => new InMemoryStorage(context), embedded: true);
    }
}
