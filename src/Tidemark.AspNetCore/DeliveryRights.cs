using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Tidemark.Delivery;
using Tidemark.Protocol;
using Tidemark.Protocol.Frames;

namespace Tidemark.AspNetCore;

/// <summary>
/// Says who may connect, and which subscription they may receive: with a key, by its scope; without one, by the policies of the endpoint
/// and of the options.
/// </summary>
internal sealed partial class DeliveryRights(
    DeliveryKeys keys, IOptions<DeliveryOptions> options, TimeProvider time, ILogger<DeliveryRights> logger)
{
    private const string Scheme = "Bearer ";

    // How long a connection stands on what was known of its key while the database is away.
    private static readonly TimeSpan TrustMax = TimeSpan.FromMinutes(1);

    /// <summary>Judges an HTTP request before it becomes a connection.</summary>
    public async ValueTask<Admission> AdmitAsync(HttpContext context)
    {
        if (KeyOf(context.Request) is not { } text)
            return IsOpenWithoutKey(context) ? Admission.WithoutKey : Refused(context, "Connect with a key: Authorization: Bearer <key>.");
        try
        {
            return await keys.VerifyAsync(text, context.RequestAborted).ConfigureAwait(false) is { } key
                ? new Admission(key.Id, 0, null)
                : Refused(context, "There is no such key, or it was revoked.");
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            LogNotLookedUp(e);
            return new Admission(null, StatusCodes.Status503ServiceUnavailable, "The key could not be looked up; connect again.");
        }
    }

    /// <summary>
    /// Why a connection may not receive a subscription; null when it may. Asked when it says hello, and with every heartbeat.
    /// </summary>
    /// <param name="context">The request that became the connection.</param>
    /// <param name="keyId">The key that it showed; null without one.</param>
    /// <param name="known">When the key was last known to count, a timestamp of the clock; moved on.</param>
    /// <param name="subscription">The subscription as it stands.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async ValueTask<DropFrame?> CheckAsync(
        HttpContext context, string? keyId, KnownSince known, SubscriptionDefinition subscription, CancellationToken cancellationToken)
    {
        if (keyId is null)
        {
            return options.Value.MayReceive is { } may && !await may(context, subscription.Name).ConfigureAwait(false)
                ? new DropFrame(ErrorCode.Forbidden, $"You may not receive '{subscription.Name}'.")
                : null;
        }

        DeliveryKey? key;
        try
        {
            key = await keys.FindAsync(keyId, options.Value.Heartbeat / 2, cancellationToken).ConfigureAwait(false);
            known.Timestamp = time.GetTimestamp();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotLookedUp(e);
            return time.GetElapsedTime(known.Timestamp) > TrustMax
                ? new DropFrame(ErrorCode.ServerError, "The key could not be looked up; connect again.")
                : null;
        }

        if (key is null)
            return new DropFrame(ErrorCode.Unauthorized, "The key was revoked.");
        return key.Scope.Opens(subscription)
            ? null
            : new DropFrame(
                ErrorCode.Forbidden, key.Scope.Tenants is null
                    ? $"This key does not open '{subscription.Name}'."
                    : $"This key does not open '{subscription.Name}': it opens subscriptions that are restricted to one of its tenants.");
    }

    // Another scheme's token is left to the policies of the endpoint.
    private static string? KeyOf(HttpRequest request)
    {
        foreach (var value in request.Headers[HeaderNames.Authorization])
        {
            if (value is not null && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                && value[Scheme.Length..].Trim() is var text && DeliveryKeys.IsKey(text))
                return text;
        }

        return null;
    }

    private bool IsOpenWithoutKey(HttpContext context)
    {
        if (options.Value.AllowAnonymous || options.Value.MayReceive is not null)
            return true;
        var metadata = context.GetEndpoint()?.Metadata;
        return metadata?.GetMetadata<IAuthorizeData>() is not null && metadata.GetMetadata<IAllowAnonymous>() is null;
    }

    private static Admission Refused(HttpContext context, string why)
    {
        context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        return new Admission(null, StatusCodes.Status401Unauthorized, why);
    }

    [LoggerMessage(EventId = 1805, Level = LogLevel.Warning, Message = "The keys of consumers could not be looked up.")]
    private partial void LogNotLookedUp(Exception error);
}
