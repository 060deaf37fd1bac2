using System.Text.Json;
using Microsoft.Extensions.Logging;
using Polly;
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
    private readonly SemaphoreSlim _opening = new(1);
    private readonly DatabaseOpener _opener;
    private readonly CancellationTokenSource _end = new();
    private Task _hints = Task.CompletedTask;
    private volatile bool _isOpen;

    internal EventDatabase(string name, IEventDatabaseStorage storage, StoreParts parts, PullingOptions pulling)
    {
        Name = name;
        Storage = storage;
        Parts = parts;
        _opener = new DatabaseOpener(storage, parts);
        Appends = new AppendQueue(
            storage.Log, storage.FlushesMax, parts.Options.Log, parts.Options.Pipelines, Time, storage.IsTransient,
            Loggers.CreateLogger<FlushLoop>());
        AppendPipeline = parts.Options.Pipelines.Build(PipelineName.Append, Time, storage.IsTransient);
        HighWater = new HighWaterAgent(
            storage.HighWater, storage.WakeUp, parts.Options.HighWater, Time, Loggers.CreateLogger<HighWaterAgent>());
        Pulling = new PullingAgent(
            name, storage.Log, HighWater, Types, pulling, parts.Options.Pipelines, Time, Loggers.CreateLogger<PullingAgent>());
        SeveralTenants = new SeveralTenants(storage.Log, Pulling, Time);
        Appender = new TransactionAppender(storage.Log, storage.ReadModels, parts.Inline, _opener.InlineGenerationOf);
        SideEffects = new SideEffectParts(
            parts.Encoder, Appender, Json, storage.Outbox, parts.Publisher, () => HighWater.Signal(appended: true));
    }

    /// <summary>Its name, as in shard names.</summary>
    public string Name { get; }

    /// <summary>Its storage ports.</summary>
    public IEventDatabaseStorage Storage { get; }

    /// <summary>What all databases of the store share.</summary>
    internal StoreParts Parts { get; }

    internal EventTypeRegistry Types => Parts.Types;

    internal JsonSerializerOptions Json => Parts.Json;

    internal EventDatabaseOptions Options => Parts.Options;

    internal TimeProvider Time => Parts.Time;

    internal ILoggerFactory Loggers => Parts.Loggers;

    internal AppendQueue Appends { get; }

    /// <summary>Around an append that does not go through the queue.</summary>
    internal ResiliencePipeline AppendPipeline { get; }

    /// <summary>Appends inside a transaction, inline projections included.</summary>
    internal TransactionAppender Appender { get; }

    internal HighWaterAgent HighWater { get; }

    internal PullingAgent Pulling { get; }

    internal SeveralTenants SeveralTenants { get; }

    /// <summary>Events read from the log for the shards of this node so far; per event appended, about one.</summary>
    public long EventsRead => Pulling.RowsRead;

    private SideEffectParts SideEffects { get; }

    /// <summary>
    /// Applies or checks the schema, makes what inline projections need, and begins to hint at appends, once; later calls return at once.
    /// Throws when that fails, and the next call tries again.
    /// </summary>
    /// <exception cref="SchemaException">The schema does not fit this version of the library.</exception>
    internal ValueTask OpenAsync(CancellationToken cancellationToken) => _isOpen ? default : OpenOnceAsync(cancellationToken);

    internal ApplierContext ApplierContext(ShardName shard, long stateBytesMax) =>
        new(Types, Json, Storage.ReadModels, Storage.Log, shard.Generation, Lent: null, stateBytesMax)
        {
            Slots = new SlotScope(shard.Slots),
            Effects = new SideEffectSink(SideEffects),
        };

    /// <summary>Finishes the appends under way and closes the storage.</summary>
    public async ValueTask DisposeAsync()
    {
        await Appends.DisposeAsync().ConfigureAwait(false);
        await _end.CancelAsync().ConfigureAwait(false);
        await _hints.ConfigureAwait(false);
        await Pulling.DisposeAsync().ConfigureAwait(false);
        await Storage.DisposeAsync().ConfigureAwait(false);
        SeveralTenants.Dispose();
        _opening.Dispose();
        _end.Dispose();
    }

    private async ValueTask OpenOnceAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isOpen)
                return;
            await _opener.OpenAsync(cancellationToken).ConfigureAwait(false);
            _hints = Task.Run(() => HighWater.HintAsync(_end.Token), CancellationToken.None);
            _isOpen = true;
        }
        finally
        {
            _opening.Release();
        }
    }
}
