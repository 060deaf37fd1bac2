using Tidemark.HighWater;
using Tidemark.Log;
using Tidemark.Pulling;
using Tidemark.Resilience;

namespace Tidemark.Storage;

/// <summary>The options of an event database's parts.</summary>
internal sealed record EventDatabaseOptions(LogOptions Log, HighWaterOptions HighWater, PullingOptions Pulling, PipelineOptions Pipelines);
