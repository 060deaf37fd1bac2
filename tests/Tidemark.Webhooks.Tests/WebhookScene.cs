using Microsoft.AspNetCore.Http;
using Tidemark.Testing;

namespace Tidemark.Webhooks.Tests;

/// <summary>Senders and receivers of a test, which end with it.</summary>
public abstract class WebhookScene : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _open = [];

    /// <summary>What the senders of the test share.</summary>
    private protected InMemoryDatabases Databases { get; } = new();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var open in Enumerable.Reverse(_open))
            await open.DisposeAsync();
    }

    /// <summary>Ends something with the test, before what was there earlier.</summary>
    private protected T Open<T>(T opened)
        where T : IAsyncDisposable
    {
        _open.Add(opened);
        return opened;
    }

    private protected async Task<Receiver> ReceiverAsync(Func<Call, HttpContext, Task>? onCall = null, int port = 0) =>
        Open(await Receiver.StartAsync(port, onCall));

    private protected async Task<Sender> SenderAsync() => Open(await Sender.StartAsync(Databases));
}
