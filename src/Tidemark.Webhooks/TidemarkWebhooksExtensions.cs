using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Tidemark.Delivery;

namespace Tidemark.Webhooks;

/// <summary>Adds the delivery by HTTP to an application.</summary>
public static class TidemarkWebhooksExtensions
{
    /// <summary>
    /// The name of the HTTP client that calls receivers. An application may add handlers to it; one that replaces its primary handler, for
    /// a proxy say, replaces the guard of private networks with it.
    /// </summary>
    public const string HttpClientName = "Tidemark.Webhooks";

    /// <summary>
    /// Lets this process run subscriptions of kind <see cref="SubscriptionKind.Webhook"/>, which <see cref="SubscriptionDirectory"/> makes.
    /// Beside <c>AddTidemark</c>; needs no web server.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Changes options; they can be bound from configuration too.</param>
    public static IServiceCollection AddTidemarkWebhooks(this IServiceCollection services, Action<WebhookOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<WebhookOptions>().ValidateOnStart();
        if (configure is not null)
            options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WebhookOptions>, WebhookOptions.Validator>());
        if (services.Any(s => s.ServiceType == typeof(WebhookSource)))
            return services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<WebhookSource>();
        services.AddSingleton<IDeliveryTargetSource>(provider => provider.GetRequiredService<WebhookSource>());

        // The client's own log lines would show paths, which are often as good as passwords.
        services.AddHttpClient(HttpClientName)
            .RemoveAllLoggers()
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(
                provider => WebhookConnections.MakeHandler(
                    new AddressGuard(provider.GetRequiredService<IOptions<WebhookOptions>>().Value.AllowPrivateNetworks)));
        return services;
    }
}
