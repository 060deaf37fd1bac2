using System.Net.Sockets;

namespace Tidemark.Cluster.Tests.Faults;

/// <summary>
/// A TCP proxy on loopback between clients and a server, whose line can be made to stall: nothing goes through in either direction, no
/// connection ends, and what was sent meanwhile arrives when the line is back.
/// </summary>
internal sealed class Staller(string connectionString) : LoopbackProxy(connectionString)
{
    private volatile Task _line = Task.CompletedTask;
    private TaskCompletionSource _back = new();

    /// <summary>From now on nothing goes through.</summary>
    public void Stall()
    {
        _back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _line = _back.Task;
    }

    /// <summary>Everything goes through again, what has waited first.</summary>
    public void GoOn() => _back.TrySetResult();

    // When one side ends, what it sent before still reaches the other one.
    protected override Task RelayAsync(TcpClient client, TcpClient server, CancellationToken stop) =>
        Task.WhenAll(PumpAsync(client, server, stop), PumpAsync(server, client, stop));

    private async Task PumpAsync(TcpClient from, TcpClient to, CancellationToken stop)
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, stop) is > 0 and var count)
            {
                await _line.WaitAsync(stop);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), stop);
            }

            await _line.WaitAsync(stop);
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
