using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Pulling;
using Tidemark.Resilience;

namespace Tidemark.Storage;

/// <summary>
/// One physical database with everything a node does on it: the storage ports, the append queue, the high-water agent and the pulling
/// agent. Tenants map to event databases.
/// </summary>
public sealed class EventDatabase : IAsyncDisposable
{
    private const int LargeCommitsMax = 3;

    internal EventDatabase(
        string name,
        IEventDatabaseStorage storage,
        EventTypeRegistry types,
        JsonSerializerOptions json,
        EventDatabaseOptions options,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        Name = name;
        Storage = storage;
        Types = types;
        Json = json;
        Time = time;
        Options = options;
        Loggers = loggers;
        Appends = new AppendQueue(
            storage.Log, storage.FlushesMax, options.Log, options.Pipelines, time, storage.IsTransient, loggers.CreateLogger<FlushLoop>());
        HighWater = new HighWaterAgent(storage.HighWater, storage.WakeUp, options.HighWater, time, loggers.CreateLogger<HighWaterAgent>());
        Pulling = new PullingAgent(name, storage.Log, HighWater, types, options.Pulling, options.Pipelines, time,
            loggers.CreateLogger<PullingAgent>());
    }

    /// <summary>Its name, as in shard names.</summary>
    public string Name { get; }

    /// <summary>Its storage ports.</summary>
    public IEventDatabaseStorage Storage { get; }

    internal EventTypeRegistry Types { get; }

    internal JsonSerializerOptions Json { get; }

    internal EventDatabaseOptions Options { get; }

    internal TimeProvider Time { get; }

    internal ILoggerFactory Loggers { get; }

    internal AppendQueue Appends { get; }

    internal HighWaterAgent HighWater { get; }

    internal PullingAgent Pulling { get; }

    /// <summary>
    /// Bounds the large commits under way at once: they need memory and the database's cores, and more of them side by side are not faster.
    /// </summary>
    internal SemaphoreSlim LargeCommits { get; } = new(LargeCommitsMax);

    /// <summary>Events read from the log for the shards of this node so far; per event appended, about one.</summary>
    public long EventsRead => Pulling.RowsRead;

    /// <summary>What side effects need; set before the first shard starts.</summary>
    internal SideEffectParts? SideEffects { get; set; }

    internal ApplierContext ApplierContext(ShardName shard, long stateBytesMax) =>
        new(Types, Json, Storage.ReadModels, Storage.Log, shard.Generation, Lent: null, stateBytesMax)
        {
            Slots = new SlotScope(shard.Slots),
            Effects = SideEffects is { } parts ? new SideEffectSink(parts) : null,
        };

    /// <summary>Finishes the appends under way and closes the storage.</summary>
    public async ValueTask DisposeAsync()
    {
        await Appends.DisposeAsync().ConfigureAwait(false);
        await Pulling.DisposeAsync().ConfigureAwait(false);
        await Storage.DisposeAsync().ConfigureAwait(false);
        LargeCommits.Dispose();
    }
}

/// <summary>The options of an event database's parts.</summary>
internal sealed record EventDatabaseOptions(LogOptions Log, HighWaterOptions HighWater, PullingOptions Pulling, PipelineOptions Pipelines);
