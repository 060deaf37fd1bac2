using System.Net;
using Flights.Stores;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tidemark;
using Tidemark.AspNetCore;
using Tidemark.Control;
using Tidemark.Hosting;

namespace Flights.Serving;

/// <summary>The event store inside a web application, which delivers to subscribers of this machine.</summary>
internal static class DeliveryServer
{
    private const string Node = "flights-server";

    /// <summary>Opens the store, makes the subscription, and listens. The daemon, which delivers, is not started yet.</summary>
    /// <param name="place">Where the events are kept.</param>
    /// <param name="port">The port, on loopback.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="PortTakenException">Another program listens there.</exception>
    public static async Task<FlightsStore> StartAsync(IFlightsPlace place, int port, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddTidemark(tide => FlightsStore.Configure(tide, place, boardPartitions: 1, Node));
        // Only programs of this machine reach it, and what it delivers is public.
        builder.Services.AddTidemarkDelivery(options => options.AllowAnonymous = true);
        var app = builder.Build();
        app.MapTidemarkDelivery(LateArrivals.Path);
        try
        {
            await app.StartAsync(cancellationToken);
            var services = app.Services;
            await services.GetRequiredService<SubscriptionDirectory>().CreateAsync(LateArrivals.Definition, cancellationToken);
            return new FlightsStore(
                new Running(app), place, services.GetRequiredService<EventStore>(), services.GetRequiredService<Daemon>(),
                services.GetRequiredService<ClusterControl>());
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            throw e is IOException { InnerException: AddressInUseException } ? new PortTakenException(port, e) : e;
        }
    }

    /// <summary>Stops in order: connections are closed, the daemon is drained.</summary>
    private sealed class Running(WebApplication app) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}
