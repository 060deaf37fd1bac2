using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tidemark.Control;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Storage;
using Tidemark.Tenancy;

namespace Tidemark.Hosting;

/// <summary>Puts the parts together, once per store, and starts and stops them.</summary>
internal sealed partial class TidemarkRuntime : IAsyncDisposable
{
    // A daemon hears of changes by hints; a process without one looks.
    private static readonly TimeSpan TenantsLook = TimeSpan.FromSeconds(30);

    private readonly TidemarkOptions _options;
    private readonly ProjectionCatalog _projections;
    private readonly DeliveryTargets _targets;
    private readonly ILogger<TidemarkRuntime> _logger;
    private readonly CancellationTokenSource _end = new();
    private Task _looks = Task.CompletedTask;

    public TidemarkRuntime(TidemarkBuilder builder, IServiceProvider provider)
    {
        _logger = provider.GetRequiredService<ILogger<TidemarkRuntime>>();
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
        Subscriptions = new SubscriptionDirectory(Databases);
        DeliveryKeys = new DeliveryKeys(Databases);
        _targets = new DeliveryTargets(
            builder.Subscriptions, provider.GetServices<IDeliveryTargetSource>(), types,
            provider.GetRequiredService<IServiceScopeFactory>());
        foreach (var taken in _targets.Registered.Where(s => _projections.Has(s.Name)))
            throw new InvalidOperationException($"A projection and a subscription are named '{taken.Name}'; give one another name.");
        Daemon = new Daemon(Databases, _projections, Subscriptions, _targets, _options, loggers.CreateLogger<Daemon>());
        var storage = Databases.Main.Storage;
        Control = new ClusterControl(
            storage.Commands, storage.Leases, database => Databases.Get(database).Storage.DeadLetters,
            new StatusReader(storage.Leases, Sources, time), storage.WakeUp, time);
    }

    public EventDatabases Databases { get; }

    public EventStore Store { get; }

    public SubscriptionDirectory Subscriptions { get; }

    public DeliveryKeys DeliveryKeys { get; }

    public Daemon Daemon { get; }

    public ClusterControl Control { get; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Databases.Main.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (Databases.Tenants is { } tenants)
        {
            await tenants.RefreshAsync(cancellationToken).ConfigureAwait(false);
            _looks = Task.Run(() => LookAtTenantsAsync(tenants, _end.Token), CancellationToken.None);
        }

        if (_options.RunDaemon && (!_targets.IsEmpty || _projections.Of(ProjectionLifecycle.Async).Any()))
            await Daemon.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await Daemon.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _end.CancelAsync().ConfigureAwait(false);
        await _looks.ConfigureAwait(false);
        _end.Dispose();
        await Databases.DisposeAsync().ConfigureAwait(false);
    }

    private async Task LookAtTenantsAsync(TenantDirectory tenants, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(TenantsLook, Databases.Main.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
                return;
            try
            {
                await tenants.RefreshAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogTenantsNotRead(e);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
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

    [LoggerMessage(EventId = 1454, Level = LogLevel.Warning, Message = "The tenants could not be read; trying again.")]
    private partial void LogTenantsNotRead(Exception error);
}
