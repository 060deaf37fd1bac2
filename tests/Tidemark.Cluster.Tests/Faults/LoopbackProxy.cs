using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Tidemark.Cluster.Tests.Faults;

/// <summary>A TCP proxy on loopback between clients and a server; what it does to the bytes in between is up to its kind.</summary>
internal abstract class LoopbackProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _server;
    private readonly Task _accepting;
    private readonly List<Task> _links = [];

    protected LoopbackProxy(string connectionString)
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

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_links);
        _stop.Dispose();
    }

    /// <summary>Carries what the two sides of one connection say; both are closed when it returns or fails.</summary>
    /// <param name="client">A client's side.</param>
    /// <param name="server">The server's side.</param>
    /// <param name="stop">The proxy is being disposed.</param>
    protected abstract Task RelayAsync(TcpClient client, TcpClient server, CancellationToken stop);

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

    private async Task LinkAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient { NoDelay = true })
        {
            try
            {
                client.NoDelay = true;
                await server.ConnectAsync(_server, _stop.Token);
                await RelayAsync(client, server, _stop.Token);
            }
            catch (Exception error) when (error is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // The server is away, either side has gone, or the proxy is being disposed.
            }
        }
    }
}
