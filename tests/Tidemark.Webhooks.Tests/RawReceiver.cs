using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidemark.Webhooks.Tests;

/// <summary>A server that reads a request and answers it with the bytes of a test, then closes the connection.</summary>
internal sealed class RawReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<int, string> _answer;
    private readonly int _bodyBytes;
    private readonly Task _loop;
    private int _connections;
    private long _sent;

    /// <param name="answer">What to send for the connection of this number, from 1.</param>
    /// <param name="bodyBytes">How much to send behind that.</param>
    public RawReceiver(Func<int, string> answer, int bodyBytes = 0)
    {
        (_answer, _bodyBytes) = (answer, bodyBytes);
        _listener.Start();
        _loop = ServeAsync(_end.Token);
    }

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>How much of the bodies was sent.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/hook");

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _loop;
        _end.Dispose();
    }

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(cancellationToken);
                var number = Interlocked.Increment(ref _connections);
                await AnswerAsync(client.GetStream(), _answer(number), cancellationToken);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
                // The caller went, or the test has ended.
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream, string answer, CancellationToken cancellationToken)
    {
        var read = new StringBuilder();
        var buffer = new byte[4096];
        while (!IsWhole(read.ToString()))
        {
            var count = await stream.ReadAsync(buffer, cancellationToken);
            if (count == 0)
                return;
            read.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), cancellationToken);
        for (var left = _bodyBytes; left > 0; left -= buffer.Length)
        {
            await stream.WriteAsync(buffer, cancellationToken);
            Interlocked.Add(ref _sent, buffer.Length);
        }
    }

    private static bool IsWhole(string request)
    {
        var end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
            return false;
        const string header = "Content-Length: ";
        var at = request.IndexOf(header, StringComparison.OrdinalIgnoreCase);
        var length = at < 0 ? 0 : int.Parse(request[(at + header.Length)..request.IndexOf("\r\n", at, StringComparison.Ordinal)]);
        return request.Length >= end + 4 + length;
    }
}
