using System.Net;
using System.Net.Sockets;

namespace Tidemark.TestKit.Processes;

/// <summary>
/// Picks a port for a server. Below the range that the system gives to outgoing connections, so that a server that is restarted on
/// its port finds it free. Two processes may still pick the same one: whoever starts a server tries again.
/// </summary>
public static class LoopbackPort
{
    private const int First = 15_000;
    private const int Last = 32_000;
    private const int AttemptsMax = 200;

    /// <summary>A port that is free now.</summary>
    /// <exception cref="TestKitException">None was found.</exception>
    public static int Pick()
    {
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            int port = Random.Shared.Next(First, Last);
            if (IsFree(port))
                return port;
        }

        throw new TestKitException($"No free loopback port found between {First} and {Last}.");
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
