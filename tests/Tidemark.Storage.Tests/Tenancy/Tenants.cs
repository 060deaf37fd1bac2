using Microsoft.Extensions.DependencyInjection;
using Tidemark.Hosting;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Tenancy;

/// <summary>A coordination database and its tenant databases, opened as a host opens them: by the factory of the builder.</summary>
internal sealed class Tenants : IAsyncDisposable
{
    private readonly Func<StorageContext, IEventDatabaseStorage> _make;
    private readonly List<IEventDatabaseStorage> _opened = [];

    public Tenants(Func<TidemarkBuilder, TidemarkBuilder> choose)
    {
        _make = choose(new TidemarkBuilder(new ServiceCollection())).MakeStorage;
        Main = _make(TestStore.NewContext());
    }

    /// <summary>The coordination database.</summary>
    public IEventDatabaseStorage Main { get; }

    /// <summary>A tenant database; its schema is not applied.</summary>
    public IEventDatabaseStorage Open(string name)
    {
        var storage = _make(TestStore.NewContext() with { Database = name, Coordination = Main });
        _opened.Add(storage);
        return storage;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var storage in _opened)
            await storage.DisposeAsync();
        await Main.DisposeAsync();
    }
}
