using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tidemark.Control;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>Puts the parts together, once per store, and starts and stops them.</summary>
internal sealed class TidemarkRuntime : IAsyncDisposable
{
    private const string DatabaseName = "main";

    private readonly TidemarkOptions _options;
    private readonly ProjectionCatalog _projections;
    private readonly bool _applySchema;
    private readonly CancellationTokenSource _end = new();
    private Task _hints = Task.CompletedTask;

    public TidemarkRuntime(TidemarkBuilder builder, IServiceProvider provider)
    {
        _options = provider.GetRequiredService<IOptions<TidemarkOptions>>().Value;
        var time = provider.GetRequiredService<TimeProvider>();
        var loggers = provider.GetRequiredService<ILoggerFactory>();
        JsonSerializerOptions json = builder.EventTypes.MakeJsonOptions();
        var types = builder.EventTypes.Build(json);
        _projections = new ProjectionCatalog(builder.Projections, types);

        var storage = builder.MakeStorage(new StorageContext(DatabaseName, time, _options.Resilience, loggers));
        var options = new EventDatabaseOptions(_options.Log, _options.HighWater, _options.Pulling, _options.Resilience);
        Database = new EventDatabase(DatabaseName, storage, types, json, options, time, loggers);
        var encoder = new EventEncoder(types, provider.GetRequiredService<IIdSource>(), _options.Log);
        var inline = new InlineProjections(_projections.Of(ProjectionLifecycle.Inline), types, json);
        Store = new EventStore(Database, TenantId.Default, encoder, inline, _projections);
        Database.SideEffects = new SideEffectParts(
            encoder, new TransactionAppender(storage.Log, storage.ReadModels, inline, _projections.LiveGenerationOf), json, storage.Outbox,
            provider.GetService<IOutboxPublisher>(), () => Database.HighWater.Signal(appended: true));
        Daemon = new Daemon(Database, _projections, _options, loggers.CreateLogger<Daemon>());
        var status = new StatusReader(storage.Leases, storage.Checkpoints, storage.HighWater, storage.Log, DatabaseName);
        Control = new ClusterControl(storage.Commands, storage.Leases, storage.DeadLetters, status, storage.WakeUp, time);
        var environment = provider.GetService<IHostEnvironment>();
        _applySchema = _options.Schema switch
        {
            SchemaMode.Apply => true,
            SchemaMode.Check => false,
            _ => builder.IsEmbedded || environment is null || environment.IsDevelopment(),
        };
    }

    public EventDatabase Database { get; }

    public EventStore Store { get; }

    public Daemon Daemon { get; }

    public ClusterControl Control { get; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var schema = Database.Storage.Schema;
        if (_applySchema)
            await schema.ApplyAsync(cancellationToken).ConfigureAwait(false);
        var status = await schema.CheckAsync(cancellationToken).ConfigureAwait(false);
        if (!status.IsCurrent)
            throw new SchemaException(Describe(status));
        await PrepareInlineAsync(cancellationToken).ConfigureAwait(false);
        _hints = Task.Run(() => Database.HighWater.HintAsync(_end.Token), CancellationToken.None);
        if (_options.RunDaemon && _projections.Of(ProjectionLifecycle.Async).Any())
            await Daemon.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await Daemon.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _end.CancelAsync().ConfigureAwait(false);
        await _hints.ConfigureAwait(false);
        await Database.DisposeAsync().ConfigureAwait(false);
        _end.Dispose();
    }

    private string Describe(SchemaStatus status)
    {
        var problems = status.Problems.ToList();
        if (status.Missing.Count > 0)
        {
            problems.Add(
                $"{status.Missing.Count} migration(s) are missing ({string.Join(", ", status.Missing)}). Apply them before the " +
                $"deployment (ISchema.Script gives the SQL), " +
                "or set Tidemark:Schema to Apply.");
        }

        return $"The schema of {Database.Storage.Description} does not fit this version of Tidemark: {string.Join(" ", problems)}";
    }

    private async ValueTask PrepareInlineAsync(CancellationToken cancellationToken)
    {
        var inline = _projections.Of(ProjectionLifecycle.Inline).ToArray();
        if (inline.Length == 0)
            return;
        var generations = await Database.Storage.ReadModels.ReadGenerationsAsync(cancellationToken).ConfigureAwait(false);
        foreach (var projection in inline)
        {
            var live = generations.FirstOrDefault(g => g.Projection == projection.Name && g.State == GenerationState.Live);
            if (live is not null && live.Version != projection.Version)
            {
                throw new InvalidOperationException(
                    $"The inline projection '{projection.Name}' has version {projection.Version}, its read model version " +
                    $"{live.Version}. An inline read model cannot be built " +
                    "beside the old one; give the projection another Name and ReadModel, or register it as async.");
            }

            var last = generations.Where(g => g.Projection == projection.Name).Select(g => g.Generation).DefaultIfEmpty().Max();
            var generation = live?.Generation ?? last + 1;
            await Database.Storage.ReadModels.PrepareAsync(
                projection.Name, projection.Version, projection.Schema, generation, cancellationToken).ConfigureAwait(false);
            _projections.SetLiveGeneration(projection.Name, generation);
        }
    }
}
