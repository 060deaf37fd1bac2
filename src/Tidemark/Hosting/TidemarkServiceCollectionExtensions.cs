using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Tidemark.Events;

namespace Tidemark.Hosting;

/// <summary>Adds Tidemark to an application.</summary>
public static class TidemarkServiceCollectionExtensions
{
    /// <summary>
    /// Adds an event store (<see cref="EventStore"/>) and, when async projections are registered, the daemon that keeps them (<see
    /// cref="Daemon"/>). Both start and stop with the host.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="build">Says what the store is made of.</param>
    public static IServiceCollection AddTidemark(this IServiceCollection services, Action<TidemarkBuilder> build)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(build);
        if (services.Any(s => s.ServiceType == typeof(TidemarkRuntime)))
            throw new InvalidOperationException("AddTidemark was called already. Say everything about the store in one call.");
        var builder = new TidemarkBuilder(services);
        build(builder);

        services.AddOptions<TidemarkOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TidemarkOptions>, TidemarkOptions.Validator>());
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IIdSource>(provider => new TimeOrderedIds(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new TidemarkRuntime(builder, provider));
        services.AddSingleton(provider => provider.GetRequiredService<TidemarkRuntime>().Store);
        services.AddSingleton(provider => provider.GetRequiredService<TidemarkRuntime>().Daemon);
        services.AddSingleton(provider => provider.GetRequiredService<TidemarkRuntime>().Control);
        services.AddSingleton(provider => provider.GetRequiredService<TidemarkRuntime>().Subscriptions);
        services.AddSingleton(provider => provider.GetRequiredService<TidemarkRuntime>().DeliveryKeys);
        services.AddSingleton(provider => provider.GetRequiredService<TidemarkRuntime>().Databases.Tenants
            ?? throw new InvalidOperationException("Tenants have no databases of their own; say UseTenantDatabases in AddTidemark."));
        services.AddSingleton<IHostedService, TidemarkService>();
        return services;
    }
}
