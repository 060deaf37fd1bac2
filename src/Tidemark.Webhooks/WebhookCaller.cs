using System.Diagnostics;
using System.Globalization;
using System.Net;
using Tidemark.Checkpoints;
using Tidemark.Delivery;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Telemetry;

namespace Tidemark.Webhooks;

/// <summary>
/// The way from a shard to the receiver of a webhook: posts each batch once and says what its answer means. It never repeats a call by
/// itself: pauses and attempts are the subscription's, as a repeat beside them would break the order and the count.
/// <list type="bullet">
/// <item>What did not reach the receiver, and what it answers about itself (408, 425, 429, 502 to 504, 5xx with Retry-After), is not an
/// event's failure. The shard pauses, by the policy's back-off or as long as the receiver asks, and no attempt is counted.</item>
/// <item>Every other answer but 2xx and 410, no answer in time, and a broken one fail the batch, which is narrowed down to the
/// event.</item>
/// </list>
/// </summary>
internal sealed class WebhookCaller(
    ShardName shard, Subscription subscription, WebhookOptions options, Func<HttpClient> clients, TimeProvider time, Random random)
    : IDeliveryTarget
{
    private readonly WebhookTarget _target = subscription.Definition.Webhook!;
    private readonly DeliveryPolicy _policy = subscription.Definition.Policy;
    private readonly CloudEventWriter _writer = new(options.Source, shard.Database);
    private IReadOnlyList<byte[]>? _keys;
    private int _timesAway;

    public TokenKeeper Keeper => TokenKeeper.Store;

    public bool NeedsData => false;

    public bool NeedsJson => true;

    public bool IsTransactional => false;

    private bool IsSingle => _policy.BatchEventsMax == 1;

    /// <summary>There is nobody to ask: the store keeps the token.</summary>
    public ValueTask<HandshakeToken?> AskAsync(HandshakeQuestion question, CancellationToken cancellationToken)
    {
        if (_target.Secret is { } secret)
        {
            _keys = WebhookSecret.KeysOf(secret) ?? throw new DeliveryFailedException(
                shard, "The stored secret is none. Change the subscription; WebhookSecret.Make() gives one.", null, null);
        }

        return new((HandshakeToken?)null);
    }

    public async ValueTask<DeliveryAnswer> DeliverAsync(
        DeliveryOffer offer, DeliveryBatch batch, IStoreTransaction? transaction, CancellationToken cancellationToken)
    {
        // Batches are cut by the policy already; the queue behind a dead letter, which is handed over late, is not.
        var rest = batch.Events;
        while (true)
        {
            var next = rest[..CountOfNext(rest.Span)];
            var answer = await CallAsync(next, cancellationToken).ConfigureAwait(false);
            if (answer.Kind == WebhookAnswerKind.Gone)
            {
                return DeliveryAnswer.Of(DeliveryOutcome.Stop(
                    $"{_target.Place} {answer.Reason} (Gone): it wants no more events. Remove the subscription, or change it and resume."));
            }

            rest = rest[next.Length..];
            if (rest.IsEmpty)
                return DeliveryAnswer.Of(DeliveryOutcome.Done);
        }
    }

    private int CountOfNext(ReadOnlySpan<RecordedEvent> events)
    {
        var count = 1;
        var bytes = (long)events[0].StoredBytes;
        while (count < events.Length && count < _policy.BatchEventsMax && (bytes += events[count].StoredBytes) <= _policy.BatchBytesMax)
            count++;
        return count;
    }

    private async ValueTask<WebhookAnswer> CallAsync(ReadOnlyMemory<RecordedEvent> events, CancellationToken cancellationToken)
    {
        using var request = Make(events);
        using var activity = Start(events.Span, request);
        var started = time.GetTimestamp();
        var result = "cancelled";
        int? status = null;
        try
        {
            var answer = await SendAsync(request, cancellationToken).ConfigureAwait(false);
            status = answer.Status;
            result = answer.Kind.ToString().ToLowerInvariant();
            _timesAway = answer.Kind == WebhookAnswerKind.Away ? _timesAway + 1 : 0;
            return answer.Kind switch
            {
                WebhookAnswerKind.Away => throw Away(answer.Reason, answer.RetryAfter, null),
                WebhookAnswerKind.Refused => throw new WebhookRefusedException($"{_target.Place} {answer.Reason}", answer.Status),
                _ => answer,
            };
        }
        catch (ConsumerTimeoutException)
        {
            result = "timeout";
            throw;
        }
        catch (HttpRequestException e) when (DidNotArrive(e))
        {
            result = "away";
            _timesAway++;
            throw Away($"could not be reached: {(e.InnerException as WebhookAddressException)?.Message ?? e.Message}", null, e);
        }
        catch (HttpRequestException e)
        {
            result = "broken";
            throw new WebhookRefusedException($"{_target.Place} gave no answer that can be read: {e.Message}", null, e);
        }
        finally
        {
            Note(activity, result, status, time.GetElapsedTime(started));
        }
    }

    private async ValueTask<WebhookAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // With a limit in the policy, the shard keeps it.
        using var late = new CancellationTokenSource(_policy.CallTimeout is null ? options.CallTimeout : Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var client = clients();
        client.Timeout = Timeout.InfiniteTimeSpan;
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token)
                .ConfigureAwait(false);
            return await WebhookAnswer.ReadAsync(response, _target.Secret, time, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ConsumerTimeoutException(options.CallTimeout, e);
        }
    }

    private HttpRequestMessage Make(ReadOnlyMemory<RecordedEvent> events)
    {
        var (body, type) = IsSingle ? _writer.WriteOne(events.Span[0]) : _writer.WriteBatch(events);
        var request = new HttpRequestMessage(HttpMethod.Post, _target.Url)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher,
            Content = new ReadOnlyMemoryContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        request.Headers.TryAddWithoutValidation("User-Agent", "Tidemark-Webhooks");
        var id = IsSingle ? WebhookId.Of(events.Span[0]) : WebhookId.Of(subscription, events.Span);
        request.Headers.TryAddWithoutValidation(WebhookHeaders.Id, id);
        if (_keys is null)
            return request;
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.TryAddWithoutValidation(WebhookHeaders.Timestamp, timestamp);
        request.Headers.TryAddWithoutValidation(
            WebhookHeaders.Signature, WebhookSignature.Make(_keys, id, timestamp, body.Span));
        return request;
    }

    // Nothing was sent: the name is unknown, nobody listens, TLS fails, or the guard refuses the address.
    private static bool DidNotArrive(HttpRequestException e) => e.InnerException is WebhookAddressException || e.HttpRequestError
        is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
        or HttpRequestError.ProxyTunnelError;

    private DeliveryFailedException Away(string reason, TimeSpan? asked, Exception? inner)
    {
        var pause = _policy.PauseAfter(_timesAway) * (0.8 + (0.2 * random.NextDouble()));
        if (asked is { } wait)
            pause = Max(pause, wait < options.RetryAfterMax ? wait : options.RetryAfterMax);
        var times = _timesAway > 1 ? $" That was time {_timesAway} in a row." : "";
        return new DeliveryFailedException(shard, $"{_target.Place} {reason}.{times} No attempt is counted.", pause, inner);
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    // Linked to the appends of its events.
    private Activity? Start(ReadOnlySpan<RecordedEvent> events, HttpRequestMessage request)
    {
        if (!TidemarkTelemetry.Activities.HasListeners())
            return null;
        var activity = TidemarkTelemetry.Activities.CreateActivity(
            "tidemark.webhook", ActivityKind.Client, default(ActivityContext), links: DeliveryActivity.LinksTo(events));
        activity?.SetTag("tidemark.shard", shard.ToString()).SetTag("tidemark.subscription", shard.Projection)
            .SetTag("tidemark.events", events.Length).SetTag("server.address", _target.Url.Host).SetTag("server.port", _target.Url.Port)
            .SetTag("http.request.method", "POST").Start();
        if (activity is { Id: { } id, IdFormat: ActivityIdFormat.W3C })
            request.Headers.TryAddWithoutValidation("traceparent", id);
        return activity;
    }

    private void Note(Activity? activity, string result, int? status, TimeSpan took)
    {
        // The shard ends a call that takes longer than its policy allows.
        if (result == "cancelled" && took >= _policy.CallTimeout)
            result = "timeout";
        var tags = new TagList { { "tidemark.subscription", shard.Projection }, { "tidemark.result", result } };
        if (status is not null)
            tags.Add("http.response.status_code", status);
        TidemarkTelemetry.WebhookDuration.Record(took.TotalSeconds, tags);
        activity?.SetTag("tidemark.result", result).SetTag("http.response.status_code", status)
            .SetStatus(result is "done" or "cancelled" ? ActivityStatusCode.Unset : ActivityStatusCode.Error);
    }
}
