namespace Tidemark.Resilience;

/// <summary>The names of the resilience pipelines. Each can be replaced; see <see cref="PipelineOptions"/>.</summary>
public static class PipelineName
{
    /// <summary>Around one idempotent database call.</summary>
    public const string Database = "database";

    /// <summary>Around reading a page of events.</summary>
    public const string Fetch = "fetch";

    /// <summary>Around a shard's handshake: installing its epoch and reading its token.</summary>
    public const string ShardStart = "shard-start";

    /// <summary>Around stopping a shard. Empty by default: a stop is not retried.</summary>
    public const string ShardStop = "shard-stop";

    /// <summary>Around grouping, applying and committing a batch; each try starts again from the durable token.</summary>
    public const string Batch = "batch";

    /// <summary>Around flushing appends; each try carries the same event ids.</summary>
    public const string Append = "append";

    internal static readonly string[] All = [Database, Fetch, ShardStart, ShardStop, Batch, Append];
}
