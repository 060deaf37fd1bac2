using Microsoft.Extensions.Logging;
using Tidemark.HighWater;
using Tidemark.Pulling;
using Tidemark.Resilience;

namespace Tidemark.Shards;

/// <summary>What every shard agent of a node and database shares.</summary>
internal sealed record ShardRuntime(
    PullingAgent Pulling,
    HighWaterAgent HighWater,
    ShardOptions Options,
    PipelineOptions Pipelines,
    Func<Exception, bool> IsTransient,
    TimeProvider Time,
    Random Random,
    ILogger Logger)
{
    /// <summary>Whether the log has events of several tenants.</summary>
    public required SeveralTenants SeveralTenants { get; init; }

    /// <summary>Between the shards that build generations and the others; one for all copies of this and all databases.</summary>
    public RebuildThrottle Throttle { get; init; } = new(Options, Time);
}
