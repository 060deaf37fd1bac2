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
    DeliveryHub hub, DeliveryPlaces places, DeliveryRights rights, TidemarkRuntime runtime, IHostApplicationLifetime lifetime,
    IOptions<DeliveryOptions> options, TimeProvider time, ILogger<DeliveryEndpoint> logger)
{
    private const int HeartbeatsForHello = 3;

    /// <summary>Serves a consumer until its connection ends.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        if (Refusal(context) is var (status, why))
        {
            await RefuseAsync(context, status, why).ConfigureAwait(false);
            return;
        }

        var admission = await rights.AdmitAsync(context).ConfigureAwait(false);
        if (admission.Why is { } reason)
        {
            await RefuseAsync(context, admission.Status, reason).ConfigureAwait(false);
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
            await ServeAsync(context, admission.KeyId, frames, sending).ConfigureAwait(false);
        }
        finally
        {
            hub.Leave();
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(why, context.RequestAborted);
    }

    private async Task ServeAsync(HttpContext context, string? keyId, FrameSocket frames, Task sending)
    {
        var (hello, receiving, reject) = await GreetAsync(frames).ConfigureAwait(false);
        Subscription? subscription = null;
        var known = new KnownSince(time.GetTimestamp());
        if (hello is not null)
            (subscription, reject) = await AdmitAsync(context, keyId, known, hello).ConfigureAwait(false);
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
            welcome, hub.GroupOf(subscription), sending, token => RecheckAsync(context, keyId, known, subscription, token),
            () => runtime.Databases.Main.HighWater.Mark.Value, lifetime.ApplicationStopping).ConfigureAwait(false);
    }

    private async ValueTask<DropFrame?> RecheckAsync(
        HttpContext context, string? keyId, KnownSince known, Subscription subscription, CancellationToken cancellationToken)
    {
        if (places.Recheck(subscription) is { } drop)
            return drop;
        var definition = (places.Current(subscription) ?? subscription).Definition;
        return await rights.CheckAsync(context, keyId, known, definition, cancellationToken).ConfigureAwait(false);
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

    // Who may not receive a subscription learns nothing of it: not where it runs, nor who keeps its tokens.
    private async ValueTask<(Subscription? Subscription, RejectFrame? Reject)> AdmitAsync(
        HttpContext context, string? keyId, KnownSince known, HelloFrame hello)
    {
        try
        {
            var found = await places.FindAsync(hello.Subscription, lifetime.ApplicationStopping).ConfigureAwait(false);
            var definition = found?.Definition ?? new SubscriptionDefinition { Name = hello.Subscription };
            if (await rights.CheckAsync(context, keyId, known, definition, lifetime.ApplicationStopping).ConfigureAwait(false) is { } drop)
                return (null, new RejectFrame(drop.Code, drop.Message));
            return places.Judge(found, hello) is { } reject ? (null, reject) : (found, null);
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
