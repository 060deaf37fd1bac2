using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Tidemark.Cluster.Tests.Faults;

/// <summary>
/// A TCP proxy on loopback between clients and a server, whose line can be made to stall: nothing goes through in either direction, no
/// connection ends, and what was sent meanwhile arrives when the line is back.
/// </summary>
internal sealed class Staller : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _server;
    private readonly Task _accepting;
    private readonly List<Task> _links = [];
    private volatile Task _line = Task.CompletedTask;
    private TaskCompletionSource _back = new();

    public Staller(string connectionString)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        _server = new IPEndPoint(IPAddress.Parse(server.Host!), server.Port);
        _listener.Start();
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
            GssEncryptionMode = GssEncryptionMode.Disable,
            SslMode = SslMode.Disable,
        }.ConnectionString;
        _accepting = AcceptAsync();
    }

    /// <summary>The way to the server through this proxy.</summary>
    public string ConnectionString { get; }

    /// <summary>From now on nothing goes through.</summary>
    public void Stall()
    {
        _back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _line = _back.Task;
    }

    /// <summary>Everything goes through again, what has waited first.</summary>
    public void GoOn() => _back.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        GoOn();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_links);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _links.Add(Task.Run(() => LinkAsync(client)));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy is being disposed.
        }
    }

    // When one side ends, what it sent before still reaches the other one.
    private async Task LinkAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient { NoDelay = true })
        {
            try
            {
                client.NoDelay = true;
                await server.ConnectAsync(_server, _stop.Token);
                await Task.WhenAll(PumpAsync(client, server), PumpAsync(server, client));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException)
            {
                // The server is away, or the proxy is being disposed.
            }
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to)
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) is > 0 and var count)
            {
                await _line.WaitAsync(_stop.Token);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            }

            await _line.WaitAsync(_stop.Token);
            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or SocketException or InvalidOperationException)
        {
            // Either side has gone without a word, or the proxy is being disposed: the other direction ends as well.
            from.Close();
            to.Close();
        }
    }
}
