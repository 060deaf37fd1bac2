using System.Collections.Concurrent;
using Tidemark.Events;
using Tidemark.Pulling;
using Tidemark.Tenancy;

namespace Tidemark.Storage;

/// <summary>
/// The event databases of a store in this process: the coordination database, and those of tenants, each made when it is first asked for.
/// Safe for concurrent use.
/// </summary>
internal sealed class EventDatabases : IAsyncDisposable
{
    // Many caches share the memory that one database would have alone.
    private const int TenantCacheShare = 8;
    private const long TenantCacheMin = 2L << 20;

    private readonly Func<StorageContext, IEventDatabaseStorage> _makeStorage;
    private readonly StoreParts _parts;
    private readonly ConcurrentDictionary<string, Lazy<EventDatabase>> _tenants = new(StringComparer.Ordinal);

    public EventDatabases(Func<StorageContext, IEventDatabaseStorage> makeStorage, StoreParts parts, TenancyOptions? tenancy)
    {
        _makeStorage = makeStorage;
        _parts = parts;
        Main = Make(StorageContext.MainDatabase, null, parts.Options.Pulling);
        if (tenancy is not null)
        {
            Tenants = new TenantDirectory(
                Main.Storage.Tenants, tenancy, Main.HighWater.NotifyLeasesAsync,
                async (name, ct) => await Get(name).OpenAsync(ct).ConfigureAwait(false));
        }
    }

    /// <summary>The coordination database, which also holds the events of the default tenant, or of all tenants.</summary>
    public EventDatabase Main { get; }

    /// <summary>Which tenant is in which database; null when all of them are in the one.</summary>
    public TenantDirectory? Tenants { get; }

    /// <summary>Those in use by this process.</summary>
    public IEnumerable<EventDatabase> InUse => _tenants.Values.Where(t => t.IsValueCreated).Select(t => t.Value).Prepend(Main);

    /// <summary>Whether this process knows where a database is.</summary>
    public bool IsKnown(string name) => name == Main.Name || Tenants is not null;

    /// <summary>A database by its name; nothing is opened yet.</summary>
    /// <exception cref="InvalidOperationException">The store has no databases for tenants.</exception>
    public EventDatabase Get(string name)
    {
        if (name == Main.Name)
            return Main;
        if (Tenants is null)
        {
            throw new InvalidOperationException(
                $"There is no event database '{name}': this process was not told of databases for tenants. Say UseTenantDatabases in " +
                "AddTidemark, as in the other processes.");
        }

        return _tenants.GetOrAdd(name, key => new Lazy<EventDatabase>(() => MakeTenant(key))).Value;
    }

    /// <summary>The database of a tenant.</summary>
    /// <exception cref="UnknownTenantException">No such tenant is known here.</exception>
    public EventDatabase Of(TenantId tenant) =>
        Tenants is null || tenant.IsDefault ? Main : Get(Tenants.Find(tenant)?.Database ?? throw new UnknownTenantException(tenant));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var database in InUse.Reverse())
            await database.DisposeAsync().ConfigureAwait(false);
        _parts.Dispose();
    }

    private EventDatabase MakeTenant(string name)
    {
        var pulling = new PullingOptions
        {
            PageEventsMax = _parts.Options.Pulling.PageEventsMax,
            PageBytesMax = _parts.Options.Pulling.PageBytesMax,
            CacheBytesMax = Math.Max(TenantCacheMin, _parts.Options.Pulling.CacheBytesMax / TenantCacheShare),
        };
        return Make(name, Main.Storage, pulling);
    }

    private EventDatabase Make(string name, IEventDatabaseStorage? coordination, PullingOptions pulling)
    {
        var context = new StorageContext(name, _parts.Time, _parts.Options.Pipelines, _parts.Loggers) { Coordination = coordination };
        return new EventDatabase(name, _makeStorage(context), _parts, pulling);
    }
}
