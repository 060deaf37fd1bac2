using Tidemark.Hosting;

namespace Tidemark.Benchmarks.Stores;

/// <summary>A throw-away event database of one kind, and what this machine can do with it at most, measured without Tidemark.</summary>
internal interface IBenchStore : IAsyncDisposable
{
    /// <summary>Its kind, as on the command line.</summary>
    string Kind { get; }

    /// <summary>Chooses it as the store, with the product's default settings.</summary>
    void Use(TidemarkBuilder builder);

    /// <summary>CPU seconds the database has used so far; null when its processes cannot be seen, 0 when it runs in this process.</summary>
    double? CpuSeconds();

    /// <summary>
    /// Rows of the events table that the server has fetched so far; null when nobody counts them. Only while no session is open.
    /// </summary>
    Task<long?> EventRowsFetchedAsync();

    /// <summary>Leaves nothing to do in the background after loading.</summary>
    Task SettleAsync();

    /// <summary>Inserts events without Tidemark for a while.</summary>
    /// <param name="limit">In which way.</param>
    /// <param name="duration">How long.</param>
    /// <returns>Events per second.</returns>
    Task<double> MeasureAppendLimitAsync(AppendLimit limit, TimeSpan duration);

    /// <summary>Reads and decodes the whole log in pages without Tidemark.</summary>
    /// <returns>Events per second.</returns>
    Task<double> MeasureReadLimitAsync();
}
