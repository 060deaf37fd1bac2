using Microsoft.Extensions.DependencyInjection;
using Tidemark.Control;
using Tidemark.Storage;
using Tidemark.Tenancy;

namespace Tidemark.Hosting;

/// <summary>
/// A store and its daemon without a .NET host, for scripts and tests. Disposing it drains the daemon and closes the store.
/// </summary>
public sealed class TidemarkHost : IAsyncDisposable
{
    private readonly ServiceProvider _provider;
    private readonly TidemarkRuntime _runtime;

    private TidemarkHost(ServiceProvider provider)
    {
        _provider = provider;
        _runtime = provider.GetRequiredService<TidemarkRuntime>();
    }

    /// <summary>The store.</summary>
    public EventStore Store => _runtime.Store;

    /// <summary>The daemon.</summary>
    public Daemon Daemon => _runtime.Daemon;

    /// <summary>Operates the cluster that this store's daemon belongs to, whether or not it runs here.</summary>
    public ClusterControl Control => _runtime.Control;

    /// <summary>The subscriptions of the store.</summary>
    public SubscriptionDirectory Subscriptions => _runtime.Subscriptions;

    /// <summary>The keys with which remote consumers connect.</summary>
    public DeliveryKeys DeliveryKeys => _runtime.DeliveryKeys;

    /// <summary>Which tenant is in which event database; null when all of them are in the one.</summary>
    public TenantDirectory? Tenants => _runtime.Databases.Tenants;

    /// <summary>The event database beneath (with tenants in their own: the coordination database), with its storage ports.</summary>
    public EventDatabase Database => _runtime.Databases.Main;

    /// <summary>Builds and starts a store.</summary>
    public static async Task<TidemarkHost> StartAsync(Action<TidemarkBuilder> build, CancellationToken cancellationToken = default)
    {
        var services = new ServiceCollection();
        services.AddTidemark(build);
        var provider = services.BuildServiceProvider();
        try
        {
            var host = new TidemarkHost(provider);
            await host._runtime.StartAsync(cancellationToken).ConfigureAwait(false);
            return host;
        }
        catch
        {
            await provider.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _provider.DisposeAsync();
}
