namespace Tidemark.Pulling;

/// <summary>How the log is read for the shards of a node.</summary>
public sealed class PullingOptions
{
    /// <summary>The most events in a page. 2,000 by default; 1 to 100,000.</summary>
    public int PageEventsMax { get; set; } = 2_000;

    /// <summary>A page ends with the event at which its stored data reaches this many bytes. 2 MiB by default; 1 KiB to 256 MiB.</summary>
    public int PageBytesMax { get; set; } = 2 * 1024 * 1024;

    /// <summary>
    /// What the queue cache may hold, in bytes by estimate. 32 MiB by default; 1 MiB to 64 GiB. A shard that falls farther behind than
    /// this reads the log again; it loses nothing.
    /// </summary>
    public long CacheBytesMax { get; set; } = 32L * 1024 * 1024;

    internal IEnumerable<string> Validate()
    {
        if (PageEventsMax is < 1 or > 100_000)
            yield return $"Pulling:PageEventsMax is {PageEventsMax}; it must be 1 to 100,000.";
        if (PageBytesMax is < 1024 or > 256 << 20)
            yield return $"Pulling:PageBytesMax is {PageBytesMax}; it must be 1,024 to 268,435,456.";
        if (CacheBytesMax is < 1 << 20 or > 64L << 30)
            yield return $"Pulling:CacheBytesMax is {CacheBytesMax}; it must be 1 MiB to 64 GiB.";
    }
}
