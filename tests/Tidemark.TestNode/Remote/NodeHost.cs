using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tidemark.AspNetCore;
using Tidemark.Hosting;

namespace Tidemark.TestNode.Remote;

/// <summary>A store with its daemon: alone, or in a web application that delivers to remote consumers.</summary>
public sealed class NodeHost : IAsyncDisposable
{
    private readonly Func<ValueTask> _end;

    private NodeHost(EventStore store, Daemon daemon, Func<ValueTask> end) => (Store, Daemon, _end) = (store, daemon, end);

    public EventStore Store { get; }

    public Daemon Daemon { get; }

    /// <summary>Starts it.</summary>
    /// <param name="build">What the store is.</param>
    /// <param name="port">The port on loopback where it delivers; 0: it does not.</param>
    public static async Task<NodeHost> StartAsync(Action<TidemarkBuilder> build, int port)
    {
        if (port > 0)
            return await ServeAsync(build, port);
        TidemarkHost host = await TidemarkHost.StartAsync(build);
        return new NodeHost(host.Store, host.Daemon, host.DisposeAsync);
    }

    public ValueTask DisposeAsync() => _end();

    private static async Task<NodeHost> ServeAsync(Action<TidemarkBuilder> build, int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddTidemark(build);
        builder.Services.AddTidemarkDelivery(options => options.AllowAnonymous = true);
        WebApplication app = builder.Build();
        app.MapTidemarkDelivery(RemoteSubscriptions.Path);
        await app.StartAsync();
        return new NodeHost(app.Services.GetRequiredService<EventStore>(), app.Services.GetRequiredService<Daemon>(), async () =>
        {
            await app.StopAsync();
            await app.DisposeAsync();
        });
    }
}
