using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Testing;

namespace Tidemark.AspNetCore.Tests;

/// <summary>A server with a store in memory on a port of loopback. Several, one after the other, can have the same store.</summary>
internal sealed class DeliveryServer : IAsyncDisposable
{
    public const string Subscription = "notes";
    private readonly WebApplication _app;
    private int _isOver;

    private DeliveryServer(WebApplication app) => _app = app;

    public EventStore Store => _app.Services.GetRequiredService<EventStore>();

    public Daemon Daemon => _app.Services.GetRequiredService<Daemon>();

    public SubscriptionDirectory Subscriptions => _app.Services.GetRequiredService<SubscriptionDirectory>();

    public DeliveryOptions Options => _app.Services.GetRequiredService<IOptions<DeliveryOptions>>().Value;

    public DeliveryKeys Keys => _app.Services.GetRequiredService<DeliveryKeys>();

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    public Uri Url => new($"ws://127.0.0.1:{Port}/tidemark/delivery");

    public static async Task<DeliveryServer> StartAsync(
        InMemoryDatabases databases, int port = 0, Action<DeliveryOptions>? configure = null,
        Action<IServiceCollection>? services = null, Action<WebApplication>? before = null,
        Action<IEndpointConventionBuilder>? endpoint = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, port));
        builder.Services.AddTidemark(t => t.Events(e => e.Add<Noted>("noted")).UseInMemory(databases));
        builder.Services.AddTidemarkDelivery(o =>
        {
            o.Heartbeat = TimeSpan.FromSeconds(1);
            o.AllowAnonymous = true;
            configure?.Invoke(o);
        });
        services?.Invoke(builder.Services);
        var app = builder.Build();
        before?.Invoke(app);
        var mapped = app.MapTidemarkDelivery("/tidemark/delivery");
        endpoint?.Invoke(mapped);
        await app.StartAsync();
        return new DeliveryServer(app);
    }

    public Task SubscribeAsync(
        int partitions = 1, bool ownTokens = false, int batch = 500, string name = Subscription, string? tenant = null)
    {
        var policy = new DeliveryPolicy
        {
            BatchEventsMax = batch,
            RetryMin = TimeSpan.FromMilliseconds(1),
            RetryMax = TimeSpan.FromMilliseconds(5),
        };
        return Subscriptions.CreateAsync(new()
        {
            Name = name,
            Kind = SubscriptionKind.Remote,
            Tenant = tenant is null ? default(TenantId?) : new TenantId(tenant),
            Partitions = partitions,
            KeepsOwnToken = ownTokens,
            Policy = policy,
        });
    }

    /// <summary>Appends events with numbers, one after the other, to streams in turn.</summary>
    public async Task AppendAsync(int first, int count, int streams = 1)
    {
        for (var i = first; i < first + count; i++)
            await Store.AppendAsync($"note-{i % streams}", ExpectedVersion.Any, [new Noted(i)]);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 1)
            return;
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
