using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tidemark.HighWater;

namespace Tidemark.Webhooks.Tests;

/// <summary>A web server on a port of loopback that keeps what is posted to it and answers as a test says.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Call> _calls = [];
    private readonly List<Call> _accepted = [];
    private readonly AsyncPulse _changed = new();
    private readonly WebApplication _app;

    private Receiver(WebApplication app) => _app = app;

    /// <summary>Answers a call, which is kept already; 200 unless it says otherwise.</summary>
    public Func<Call, HttpContext, Task> OnCall { get; set; } = (_, _) => Task.CompletedTask;

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    public Uri Url => new($"http://127.0.0.1:{Port}/hook");

    /// <summary>All calls, in order.</summary>
    public IReadOnlyList<Call> Calls
    {
        get
        {
            lock (_gate)
                return [.. _calls];
        }
    }

    /// <summary>The numbers in the calls that were answered with 200, in order.</summary>
    public IReadOnlyList<int> Numbers
    {
        get
        {
            lock (_gate)
                return [.. _accepted.SelectMany(c => c.Numbers)];
        }
    }

    public static async Task<Receiver> StartAsync(int port = 0, Func<Call, HttpContext, Task>? onCall = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, port));
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var app = builder.Build();
        var receiver = new Receiver(app);
        if (onCall is not null)
            receiver.OnCall = onCall;
        app.Run(receiver.ReceiveAsync);
        await app.StartAsync();
        return receiver;
    }

    public Task AcceptedAsync(int events) => UntilAsync(() => Numbers.Count >= events, () => $"{events} events; there are {Numbers.Count}");

    public Task CalledAsync(int calls) => UntilAsync(() => Calls.Count >= calls, () => $"{calls} calls; there are {Calls.Count}");

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task UntilAsync(Func<bool> condition, Func<string> what)
    {
        using var late = new CancellationTokenSource(Eventually.Patience);
        while (true)
        {
            var changed = _changed.Next;
            if (condition())
                return;
            await changed.WaitAsync(late.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (late.IsCancellationRequested)
                throw new TimeoutException($"Not within {Eventually.Patience}: {what()}");
        }
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var call = new Call(context.Request.Path, headers, body.ToArray());
        lock (_gate)
            _calls.Add(call);
        _changed.Fire();
        await OnCall(call, context);
        if (context.Response.StatusCode != 200)
            return;
        lock (_gate)
            _accepted.Add(call);
        _changed.Fire();
    }
}
