using System.Net.Sockets;
using System.Text;

namespace Tidemark.Cluster.Tests.Faults;

/// <summary>
/// A TCP proxy on loopback between a client and a server. Armed with a text, it lets the first request that contains it pass, swallows
/// every answer on that connection from then on, and cuts the connection when told to: the server has done the work, and the client never
/// hears of it.
/// </summary>
internal sealed class AnswerCutter(string connectionString) : LoopbackProxy(connectionString)
{
    private volatile Trigger? _trigger;

    private sealed class Trigger(byte[] text)
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => _seen.Task;

        public Task Cut => _cut.Task;

        public bool Takes(ReadOnlySpan<byte> request) => request.IndexOf(text) >= 0 && _seen.TrySetResult();

        public void Pull() => _cut.TrySetResult();
    }

    /// <summary>
    /// Loses the answer to the next request that contains a text: returns once the request was sent and the server has done the work,
    /// with the connection cut.
    /// </summary>
    /// <param name="text">What the request contains.</param>
    /// <param name="request">Sends it; not awaited here.</param>
    /// <param name="isDone">Whether the server has done the work.</param>
    public async Task<T> LoseAnswerAsync<T>(string text, Func<T> request, Func<Task<bool>> isDone)
    {
        var trigger = new Trigger(Encoding.UTF8.GetBytes(text));
        _trigger = trigger;
        T sent = request();
        await trigger.Seen.WaitAsync(Eventually.Patience);
        await Eventually.TrueAsync(isDone, () => $"the server has done what was asked with '{text}'");
        trigger.Pull();
        return sent;
    }

    protected override async Task RelayAsync(TcpClient client, TcpClient server, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var link = new Link(client.GetStream(), server.GetStream());
        try
        {
            await await Task.WhenAny(RequestsAsync(link, over.Token), AnswersAsync(link, over.Token));
        }
        finally
        {
            await over.CancelAsync();
        }
    }

    private sealed class Link(NetworkStream client, NetworkStream server)
    {
        public NetworkStream Client => client;

        public NetworkStream Server => server;

        public volatile Trigger? Trigger;
    }

    private async Task RequestsAsync(Link link, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 16];
        while (await link.Client.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            if (_trigger is { } trigger && trigger.Takes(buffer.AsSpan(0, count)))
            {
                link.Trigger = trigger;
                await link.Server.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                await trigger.Cut.WaitAsync(cancellationToken);
                return;
            }

            await link.Server.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    private static async Task AnswersAsync(Link link, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 16];
        while (await link.Server.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            if (link.Trigger is null)
                await link.Client.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }
}
