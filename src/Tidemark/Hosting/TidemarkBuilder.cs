using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>Says what a store is made of: where it is, its event types, its projections.</summary>
public sealed class TidemarkBuilder
{
    private readonly List<ProjectionRegistration> _projections = [];
    private Func<StorageContext, IEventDatabaseStorage>? _storage;

    internal TidemarkBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    internal EventTypeBuilder EventTypes { get; } = new();

    internal IReadOnlyList<ProjectionRegistration> Projections => _projections;

    internal bool IsEmbedded { get; private set; }

    /// <summary>Registers event types.</summary>
    public TidemarkBuilder Events(Action<EventTypeBuilder> register)
    {
        ArgumentNullException.ThrowIfNull(register);
        register(EventTypes);
        return this;
    }

    /// <summary>Adds a source-generated JSON context for events and documents.</summary>
    public TidemarkBuilder Json(JsonSerializerContext context)
    {
        EventTypes.Json(context);
        return this;
    }

    /// <summary>Adds a projection.</summary>
    public TidemarkBuilder AddProjection<TProjection>(ProjectionLifecycle lifecycle = ProjectionLifecycle.Async)
        where TProjection : Projection, new() => AddProjection(new TProjection(), lifecycle);

    /// <summary>Adds a projection.</summary>
    public TidemarkBuilder AddProjection(Projection projection, ProjectionLifecycle lifecycle = ProjectionLifecycle.Async)
    {
        ArgumentNullException.ThrowIfNull(projection);
        _projections.Add(new ProjectionRegistration(projection, lifecycle));
        return this;
    }

    /// <summary>Publishes the messages that projections raise; made by the application's services, once.</summary>
    /// <exception cref="InvalidOperationException">A publisher is registered already.</exception>
    public TidemarkBuilder UseOutbox<TPublisher>()
        where TPublisher : class, IOutboxPublisher
    {
        if (Services.Any(s => s.ServiceType == typeof(IOutboxPublisher)))
            throw new InvalidOperationException("An outbox publisher is registered already; a store has one. Let it hand on to several.");
        Services.AddSingleton<IOutboxPublisher, TPublisher>();
        return this;
    }

    /// <summary>
    /// Changes options in code; they can be bound from configuration too (<c>Configure&lt;TidemarkOptions&gt;(section)</c>).
    /// </summary>
    public TidemarkBuilder Configure(Action<TidemarkOptions> configure)
    {
        Services.Configure(configure);
        return this;
    }

    /// <summary>Sets where the events are. Storage packages have shorter forms: <c>UseSqlite</c>, <c>UsePostgreSql</c>.</summary>
    /// <param name="make">Makes the storage; called once, at start.</param>
    /// <param name="embedded">
    /// Whether the store belongs to this application alone, so that its schema is applied without being asked for.
    /// </param>
    /// <exception cref="InvalidOperationException">A store is chosen already.</exception>
    public TidemarkBuilder UseStorage(Func<StorageContext, IEventDatabaseStorage> make, bool embedded = false)
    {
        if (_storage is not null)
            throw new InvalidOperationException("A store is chosen already; call one of UseSqlite, UsePostgreSql, UseStorage, once.");
        _storage = make;
        IsEmbedded = embedded;
        return this;
    }

    internal IEventDatabaseStorage MakeStorage(StorageContext context) =>
        (_storage ?? throw new InvalidOperationException("No store is chosen. Call UseSqlite(\"events.db\") or " +
            "UsePostgreSql(connectionString) in AddTidemark."))(context);
}
