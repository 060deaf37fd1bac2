namespace Tidemark.Benchmarks.Workload;

/// <summary>How the events of the streams lie in the log.</summary>
internal enum EventOrder
{
    /// <summary>The streams take turns.</summary>
    Interleaved = 0,

    /// <summary>A stream's events lie together.</summary>
    Clustered = 1,
}
