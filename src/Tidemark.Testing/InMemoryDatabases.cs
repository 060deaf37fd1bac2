using Tidemark.Storage;

namespace Tidemark.Testing;

/// <summary>
/// Event databases in memory by name. Several hosts of one test that are given the same object share the databases, as nodes share a
/// server; a host that is started again finds its data. Thread-safe. The data lasts as long as the object.
/// </summary>
public sealed class InMemoryDatabases
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, InMemoryStorage> _databases = new(StringComparer.Ordinal);

    /// <summary>The names of the databases that were opened, in order.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_gate)
                return [.. _databases.Keys.Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Opens the database that the context names; the first to do so makes it.</summary>
    /// <exception cref="ArgumentException">The name is none for a tenant database; see <see cref="EventDatabaseName"/>.</exception>
    public InMemoryStorage Open(StorageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Coordination is not null)
            EventDatabaseName.Check(context.Database);
        lock (_gate)
        {
            if (_databases.TryGetValue(context.Database, out var database))
                return database.OpenAgain(context);
            database = new InMemoryStorage(context);
            _databases.Add(context.Database, database);
            return database;
        }
    }
}
