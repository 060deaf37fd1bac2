using Microsoft.Extensions.Logging;
using Polly;
using Tidemark.Resilience;
using Tidemark.Tenancy;

namespace Tidemark.Storage;

/// <summary>What a storage provider is given when it is made.</summary>
/// <param name="Database">The event database's name, as in shard names.</param>
/// <param name="Time">The clock.</param>
/// <param name="Pipelines">How idempotent calls are repeated.</param>
/// <param name="Loggers">Where to log.</param>
public sealed record StorageContext(string Database, TimeProvider Time, PipelineOptions Pipelines, ILoggerFactory Loggers)
{
    /// <summary>The name of the coordination database, which also holds what belongs to no tenant.</summary>
    public const string MainDatabase = EventDatabaseName.Main;

    /// <summary>The storage of the coordination database, for a tenant database; null for the coordination database itself.</summary>
    public IEventDatabaseStorage? Coordination { get; init; }

    /// <summary>The pipeline for idempotent database calls.</summary>
    public ResiliencePipeline DatabasePipeline(Func<Exception, bool> isTransient) =>
        Pipelines.Build(PipelineName.Database, Time, isTransient);
}
