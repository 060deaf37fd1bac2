using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Tidemark.Delivery;

namespace Tidemark.AspNetCore;

/// <summary>Adds the delivery to remote consumers to an application.</summary>
public static class TidemarkDeliveryExtensions
{
    /// <summary>
    /// Lets this process run subscriptions of kind <see cref="SubscriptionKind.Remote"/>. Beside <c>AddTidemark</c>, and before the host is
    /// built; consumers connect to what <see cref="MapTidemarkDelivery"/> maps.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Changes options; they can be bound from configuration too.</param>
    public static IServiceCollection AddTidemarkDelivery(this IServiceCollection services, Action<DeliveryOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<DeliveryOptions>().ValidateOnStart();
        if (configure is not null)
            options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DeliveryOptions>, DeliveryOptions.Validator>());
        if (services.Any(s => s.ServiceType == typeof(DeliveryHub)))
            return services;
        services.AddSingleton<DeliveryHub>();
        services.AddSingleton<IDeliveryTargetSource>(provider => provider.GetRequiredService<DeliveryHub>());
        services.AddSingleton<DeliveryPlaces>();
        services.AddSingleton<DeliveryRights>();
        services.AddSingleton<DeliveryEndpoint>();
        return services;
    }

    /// <summary>
    /// Maps the address that consumers connect to with WebSocket, subprotocol <c>tidemark.delivery.v1</c>. They show a key
    /// (<see cref="DeliveryKeys"/>), unless the endpoint has a policy, which then applies to all, as to any endpoint:
    /// <c>MapTidemarkDelivery("/tidemark/delivery").RequireAuthorization("consumers")</c>; or unless the options say otherwise.
    /// </summary>
    /// <param name="endpoints">The application's endpoints.</param>
    /// <param name="pattern">The path.</param>
    /// <exception cref="InvalidOperationException"><see cref="AddTidemarkDelivery"/> was not called.</exception>
    public static IEndpointConventionBuilder MapTidemarkDelivery(this IEndpointRouteBuilder endpoints, string pattern)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var endpoint = endpoints.ServiceProvider.GetService<DeliveryEndpoint>()
            ?? throw new InvalidOperationException("Remote delivery is not set up. Call AddTidemarkDelivery on the services first.");
        var pipeline = endpoints.CreateApplicationBuilder();
        pipeline.UseWebSockets();
        pipeline.Run(endpoint.ServeAsync);
        return endpoints.Map(pattern, pipeline.Build()).WithDisplayName($"Tidemark delivery {pattern}");
    }
}
