using System.Net;
using System.Net.Sockets;

namespace Tidemark.Webhooks;

/// <summary>How connections to receivers are made.</summary>
internal static class WebhookConnections
{
    // A receiver that moves is found again by its name.
    private static readonly TimeSpan LifetimeMax = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Follows no redirects, keeps no cookies, decompresses nothing, takes no proxy (which would hide where a connection leads from the
    /// guard), and does not read on in large answers.
    /// </summary>
    public static SocketsHttpHandler MakeHandler(AddressGuard guard) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionLifetime = LifetimeMax,
        MaxResponseHeadersLength = 32,
        MaxResponseDrainSize = 64 * 1024,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),

        // One span for a call, ours; and it shows no path.
        ActivityHeadersPropagator = null,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(
            guard, context.DnsEndPoint, context.InitialRequestMessage.RequestUri?.Scheme == Uri.UriSchemeHttp, cancellationToken),
    };

    private static async ValueTask<Stream> ConnectAsync(
        AddressGuard guard, DnsEndPoint to, bool isPlain, CancellationToken cancellationToken)
    {
        var addresses = await guard.ResolveAsync(to.Host, isPlain, cancellationToken).ConfigureAwait(false);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, to.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
