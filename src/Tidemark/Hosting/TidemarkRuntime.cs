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
    private readonly TidemarkOptions _options;
    private readonly ProjectionCatalog _projections;

    public TidemarkRuntime(TidemarkBuilder builder, IServiceProvider provider)
    {
        _options = provider.GetRequiredService<IOptions<TidemarkOptions>>().Value;
        var time = provider.GetRequiredService<TimeProvider>();
        var loggers = provider.GetRequiredService<ILoggerFactory>();
        JsonSerializerOptions json = builder.EventTypes.MakeJsonOptions();
        var types = builder.EventTypes.Build(json);
        _projections = new ProjectionCatalog(builder.Projections, types);
        var parts = new StoreParts(
            types, json, new EventEncoder(types, provider.GetRequiredService<IIdSource>(), _options.Log), _projections,
            new InlineProjections(_projections.Of(ProjectionLifecycle.Inline), types, json), provider.GetService<IOutboxPublisher>(),
            new EventDatabaseOptions(_options.Log, _options.HighWater, _options.Pulling, _options.Resilience),
            AppliesSchema(builder, provider.GetService<IHostEnvironment>()), time, loggers);
        Databases = new EventDatabases(builder.MakeStorage, parts, builder.Tenancy);
        Store = new EventStore(Databases, TenantId.Default);
        Daemon = new Daemon(Databases, _projections, _options, loggers.CreateLogger<Daemon>());
        var storage = Databases.Main.Storage;
        Control = new ClusterControl(
            storage.Commands, storage.Leases, database => Databases.Get(database).Storage.DeadLetters,
            new StatusReader(storage.Leases, Sources, time), storage.WakeUp, time);
    }

    public EventDatabases Databases { get; }

    public EventStore Store { get; }

    public Daemon Daemon { get; }

    public ClusterControl Control { get; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Databases.Main.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (Databases.Tenants is { } tenants)
            await tenants.RefreshAsync(cancellationToken).ConfigureAwait(false);
        if (_options.RunDaemon && _projections.Of(ProjectionLifecycle.Async).Any())
            await Daemon.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await Daemon.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await Databases.DisposeAsync().ConfigureAwait(false);
    }

    private bool AppliesSchema(TidemarkBuilder builder, IHostEnvironment? environment) => _options.Schema switch
    {
        SchemaMode.Apply => true,
        SchemaMode.Check => false,
        _ => builder.IsEmbedded || environment is null || environment.IsDevelopment(),
    };

    private async ValueTask<IReadOnlyList<StatusSource>> Sources(CancellationToken cancellationToken)
    {
        var names = new List<string> { Databases.Main.Name };
        if (Databases.Tenants is { } tenants)
        {
            await tenants.RefreshAsync(cancellationToken).ConfigureAwait(false);
            names.AddRange(tenants.Databases.Order(StringComparer.Ordinal));
        }

        return
        [
            .. names.Select(name => Databases.Get(name)).Select(d => new StatusSource(
                d.Name, d == Databases.Main, d.Storage.Checkpoints, d.Storage.HighWater, d.Storage.Log)),
        ];
    }
}
