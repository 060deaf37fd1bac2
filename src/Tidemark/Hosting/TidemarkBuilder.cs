using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Storage;
using Tidemark.Tenancy;

namespace Tidemark.Hosting;

/// <summary>Says what a store is made of: where it is, its event types, its projections.</summary>
public sealed class TidemarkBuilder
{
    private readonly List<ProjectionRegistration> _projections = [];
    private readonly List<SubscriptionRegistration> _subscriptions = [];
    private Func<StorageContext, IEventDatabaseStorage>? _storage;

    internal TidemarkBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    internal EventTypeBuilder EventTypes { get; } = new();

    internal IReadOnlyList<ProjectionRegistration> Projections => _projections;

    internal IReadOnlyList<SubscriptionRegistration> Subscriptions => _subscriptions;

    internal TenancyOptions? Tenancy { get; private set; }

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

    /// <summary>
    /// Adds a subscription that a class of this application consumes: an <see cref="ISubscriber"/>, one that keeps its token itself
    /// (<see cref="IOwnTokenSubscriber"/>), or an <see cref="ITransactionalSubscriber"/>. It is made by the application's services, in a
    /// scope of its own for each batch.
    /// </summary>
    /// <param name="name">The subscription's name, under which it is stored.</param>
    /// <param name="configure">What it takes, and how; everything from the beginning of the log by default.</param>
    /// <exception cref="ArgumentException">The class is none of these, or more than one; or the name is not allowed or taken.</exception>
    public TidemarkBuilder AddSubscription<TSubscriber>(string name, Action<SubscriptionBuilder>? configure = null)
        where TSubscriber : class
    {
        ScopedSubscriber.Check(typeof(TSubscriber));
        Services.TryAddScoped<TSubscriber>();
        return Add(name, configure, ScopedSubscriber.Make<TSubscriber>, typeof(IOwnTokenSubscriber).IsAssignableFrom(typeof(TSubscriber)));
    }

    /// <summary>Adds a subscription whose events are handled one by one. What the handler throws counts as a failed attempt.</summary>
    /// <param name="name">The subscription's name, under which it is stored.</param>
    /// <param name="handle">Handles one event; called at least once for each, in order.</param>
    /// <param name="configure">What it takes, and how; everything from the beginning of the log by default.</param>
    /// <exception cref="ArgumentException">The name is not allowed or taken.</exception>
    public TidemarkBuilder AddSubscription(
        string name, Func<RecordedEvent, CancellationToken, ValueTask> handle, Action<SubscriptionBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return Add(name, configure, _ => new InProcessConsumer { EachAsync = handle }, keepsToken: false);
    }

    private TidemarkBuilder Add(
        string name, Action<SubscriptionBuilder>? configure, Func<IServiceScopeFactory, InProcessConsumer> make, bool keepsToken)
    {
        SubscriptionName.Check(name);
        if (_subscriptions.Exists(s => s.Definition.Name == name))
            throw new ArgumentException($"Two subscriptions are named '{name}'; give one another name.", nameof(name));
        var builder = new SubscriptionBuilder(name);
        configure?.Invoke(builder);
        _subscriptions.Add(new(builder.Definition with { KeepsOwnToken = keepsToken }, builder.EventTypes, make));
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

    /// <summary>
    /// Gives each tenant an event database of its own, named after it. The chosen store then is the coordination database, with the node
    /// roster, the leases and the events of the default tenant; where the tenants' databases are, its package says. Tenants are added with
    /// <see cref="TenantDirectory.AddAsync"/>.
    /// </summary>
    public TidemarkBuilder UseTenantDatabases() => UseTenancy(TenantAssignment.OwnDatabase, []);

    /// <summary>Spreads the tenants over a pool of event databases; otherwise as <see cref="UseTenantDatabases()"/>.</summary>
    /// <param name="assignment">How a new tenant gets its database.</param>
    /// <param name="pool">
    /// The names of the databases. It may grow; a name that goes is no longer chosen, and its tenants are served as before.
    /// </param>
    /// <exception cref="ArgumentException">A name is not allowed, or is given twice, or the pool is empty.</exception>
    public TidemarkBuilder UseTenantDatabases(TenantAssignment assignment, params IReadOnlyList<string> pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        foreach (var name in pool)
            EventDatabaseName.Check(name);
        if (pool.Distinct(StringComparer.Ordinal).Count() != pool.Count)
            throw new ArgumentException($"A database is named twice: {string.Join(", ", pool)}.", nameof(pool));
        if (pool.Count == 0 && assignment is TenantAssignment.Hash or TenantAssignment.LeastLoaded)
            throw new ArgumentException($"The pool is empty; name the databases that {assignment} chooses from.", nameof(pool));
        return UseTenancy(assignment, pool);
    }

    private TidemarkBuilder UseTenancy(TenantAssignment assignment, IReadOnlyList<string> pool)
    {
        if (Tenancy is not null)
            throw new InvalidOperationException("UseTenantDatabases was called already; call it once.");
        Tenancy = new TenancyOptions(assignment, [.. pool]);
        return this;
    }

    internal IEventDatabaseStorage MakeStorage(StorageContext context) =>
        (_storage ?? throw new InvalidOperationException("No store is chosen. Call UseSqlite(\"events.db\") or " +
            "UsePostgreSql(connectionString) in AddTidemark."))(context);
}
