using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tidemark.Delivery;
using Tidemark.Hosting;
using Tidemark.Protocol;
using Tidemark.Protocol.Connections;
using Tidemark.Protocol.Frames;

namespace Tidemark.AspNetCore;

/// <summary>Serves one HTTP request: a consumer that connects.</summary>
internal sealed partial class DeliveryEndpoint(
    DeliveryHub hub, DeliveryPlaces places, TidemarkRuntime runtime, IHostApplicationLifetime lifetime, IOptions<DeliveryOptions> options,
    TimeProvider time, ILogger<DeliveryEndpoint> logger)
{
    private const int HeartbeatsForHello = 3;

    /// <summary>Serves a consumer until its connection ends.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        if (Refusal(context) is var (status, why))
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(why, context.RequestAborted).ConfigureAwait(false);
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext { SubProtocol = DeliveryProtocol.Subprotocol }).ConfigureAwait(false);
        using var frames = new FrameSocket(socket, options.Value.FrameBytesMax);
        var sending = frames.RunAsync();
        if (!hub.TryEnter(options.Value.ConnectionsMax))
        {
            await RejectAsync(
                frames, sending, new RejectFrame(ErrorCode.Busy, "The node has as many connections as it takes."), null)
                .ConfigureAwait(false);
            return;
        }

        try
        {
            await ServeAsync(context, frames, sending).ConfigureAwait(false);
        }
        finally
        {
            hub.Leave();
        }
    }

    private async Task ServeAsync(HttpContext context, FrameSocket frames, Task sending)
    {
        var (hello, receiving, reject) = await GreetAsync(frames).ConfigureAwait(false);
        Subscription? subscription = null;
        if (hello is not null)
            (subscription, reject) = await AdmitAsync(context, hello).ConfigureAwait(false);
        if (hello is null || subscription is null)
        {
            await RejectAsync(frames, sending, reject, receiving).ConfigureAwait(false);
            return;
        }

        var session = RandomNumberGenerator.GetHexString(12, lowercase: true);
        var heartbeat = options.Value.Heartbeat;
        var member = new MemberConnection(frames, hello, session, heartbeat, time, logger);
        var welcome = new WelcomeFrame(
            session, (int)heartbeat.TotalMilliseconds, subscription.Incarnation, options.Value.FrameBytesMax,
            subscription.Definition.Policy.BatchEventsMax);
        await member.RunAsync(
            welcome, hub.GroupOf(subscription), sending, () => places.Recheck(subscription),
            () => runtime.Databases.Main.HighWater.Mark.Value, lifetime.ApplicationStopping).ConfigureAwait(false);
    }

    // The first frame; null when there was none, with why, and with the receive that is still under way.
    private async Task<(HelloFrame? Hello, Task? Receiving, RejectFrame? Reject)> GreetAsync(FrameSocket frames)
    {
        var receiving = frames.ReceiveAsync(CancellationToken.None).AsTask();
        try
        {
            var first = await receiving.WaitAsync(HeartbeatsForHello * options.Value.Heartbeat, time, lifetime.ApplicationStopping)
                .ConfigureAwait(false);
            return first switch
            {
                HelloFrame hello => (hello, null, null),
                null or ByeFrame => (null, null, null),
                _ => (null, null, new RejectFrame(ErrorCode.OutOfOrder, $"The first frame is hello (was {first.GetType().Name}).")),
            };
        }
        catch (ProtocolException e)
        {
            return (null, null, new RejectFrame(e.Code, e.Message));
        }
        catch (TimeoutException)
        {
            return (null, receiving, new RejectFrame(ErrorCode.HeartbeatMissed, "No hello came in time."));
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return (null, receiving, new RejectFrame(ErrorCode.ShuttingDown, "The node is shutting down; connect again."));
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException
            or OperationCanceledException or IOException)
        {
            return (null, null, null);
        }
    }

    private async ValueTask<(Subscription? Subscription, RejectFrame? Reject)> AdmitAsync(HttpContext context, HelloFrame hello)
    {
        try
        {
            if (options.Value.MayReceive is { } may && !await may(context, hello.Subscription).ConfigureAwait(false))
                return (null, new RejectFrame(ErrorCode.Forbidden, $"You may not receive '{hello.Subscription}'."));
            return await places.FindAsync(hello, lifetime.ApplicationStopping).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogNotAdmitted(hello.Member, hello.Subscription, e);
            return (null, new RejectFrame(ErrorCode.ServerError, "The node could not look the subscription up; connect again."));
        }
    }

    private Task RejectAsync(FrameSocket frames, Task sending, RejectFrame? reject, Task? receiving)
    {
        if (reject is not null)
            frames.Send(reject);
        return frames.CloseAsync(
            reject is null ? WebSocketCloseStatus.NormalClosure : (WebSocketCloseStatus)reject.Code, reject?.Message ?? "", sending,
            receiving, time);
    }

    private (int Status, string Why)? Refusal(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
            return (StatusCodes.Status400BadRequest, $"Connect with WebSocket, subprotocol {DeliveryProtocol.Subprotocol}.");
        if (!options.Value.AllowWithoutTls && !context.Request.IsHttps && !IsLocal(context.Connection.RemoteIpAddress))
        {
            return (
                StatusCodes.Status403Forbidden,
                "Connect with TLS (wss), or let the server take others: DeliveryOptions.AllowWithoutTls, or forwarded headers.");
        }

        return context.WebSockets.WebSocketRequestedProtocols.Contains(DeliveryProtocol.Subprotocol)
            ? null
            : (
                StatusCodes.Status400BadRequest,
                string.Create(CultureInfo.InvariantCulture, $"Ask for the WebSocket subprotocol {DeliveryProtocol.Subprotocol}."));
    }

    // No address: a server in the process, or a socket of this machine.
    private static bool IsLocal(IPAddress? remote) => remote is null || IPAddress.IsLoopback(remote);

    [LoggerMessage(EventId = 1803, Level = LogLevel.Warning, Message = "Member {Member} could not be admitted to {Subscription}.")]
    private partial void LogNotAdmitted(string member, string subscription, Exception error);
}
