using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Tidemark.Checkpoints;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Telemetry;

namespace Tidemark.Delivery;

/// <summary>
/// The shard's end of the way to its consumer: asks and hands over, lets the session judge the answers, and measures. Calls come one at a
/// time.
/// </summary>
internal sealed partial class ConsumerLink(
    ShardName shard, IDeliveryTarget target, QuestionNumbers numbers, TimeSpan? callTimeout,
    Func<CancellationToken, ValueTask<Position>> mark, TimeProvider time, ILogger logger)
{
    private readonly DeliverySession _session = new(target.Keeper, numbers);

    public IDeliveryTarget Target => target;

    /// <summary>What the consumer, or the way to it, threw last; not what the store threw while it was judged.</summary>
    public Exception? Thrown { get; private set; }

    /// <summary>Where the consumer stands, as it confirmed last.</summary>
    public HandshakeToken LastToken => _session.LastToken;

    private KeyValuePair<string, object?> Tag => new("tidemark.subscription", shard.Projection);

    /// <summary>The handshake. Returns what follows: Begin, Same or Reposition, with the consumer's token.</summary>
    /// <param name="fallback">Where it stands when it has no token.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TokenAheadException">It says that it has processed more than there is.</exception>
    /// <exception cref="NoConsumerException">Nobody is attached.</exception>
    /// <exception cref="TimeoutException">It did not answer in the time that a call may take.</exception>
    public async ValueTask<Verdict> AskAsync(HandshakeToken fallback, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await AskOneAsync(fallback, cancellationToken).ConfigureAwait(false);
            }
            catch (ConsumerMovedException)
            {
                // Then whoever is there now is asked.
            }
        }
    }

    private async ValueTask<Verdict> AskOneAsync(HandshakeToken fallback, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var result = "failed";
        try
        {
            var question = _session.Ask(fallback);
            var own = await InTimeAsync(token => target.AskAsync(question, token), cancellationToken).ConfigureAwait(false);
            var known = own is { } token && token.After > fallback.After
                ? await mark(cancellationToken).ConfigureAwait(false)
                : Position.Max;
            var verdict = _session.Answered(question.Number, own, known);
            if (verdict.Kind == VerdictKind.Ahead)
                throw Ahead(verdict.Token, known);
            result = verdict.Kind == VerdictKind.Reposition ? "repositioned" : "agreed";
            return verdict.Kind is VerdictKind.Begin or VerdictKind.Same or VerdictKind.Reposition
                ? verdict
                : throw Wrong(verdict);
        }
        catch (Exception e)
        {
            _session.Lost();
            if (e is ConsumerMovedException || (e is OperationCanceledException && cancellationToken.IsCancellationRequested))
                result = "cancelled";
            throw;
        }
        finally
        {
            TidemarkTelemetry.Handshakes.Add(1, Tag, new("tidemark.result", result));
            TidemarkTelemetry.HandshakeDuration.Record(time.GetElapsedTime(started).TotalSeconds, Tag);
        }
    }

    /// <summary>Hands events over and returns what follows.</summary>
    /// <param name="events">The events; at least one.</param>
    /// <param name="through">Where the consumer stands when they are processed.</param>
    /// <param name="attempt">How often the first of them is tried with this.</param>
    /// <param name="transaction">The open transaction, for a target that writes in it.</param>
    /// <param name="stopping">Asks the consumer to come to an end soon.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConsumerTimeoutException">It did not answer in the time that a call may take.</exception>
    public async ValueTask<Verdict> HandAsync(
        ReadOnlyMemory<RecordedEvent> events, Position through, int attempt, IStoreTransaction? transaction,
        CancellationToken stopping, CancellationToken cancellationToken)
    {
        var last = events.Span[^1];
        var offer = _session.Offer(last.Position, through);
        var batch = new DeliveryBatch(shard, offer.Offered, HandshakeToken.Delivered(through), events, attempt, stopping);
        try
        {
            var answer = await CallAsync(offer, batch, transaction, cancellationToken).ConfigureAwait(false);
            var verdict = _session.Answered(offer.Number, answer, answer.StandsAt is null
                ? Position.Max
                : await mark(cancellationToken).ConfigureAwait(false));
            TidemarkTelemetry.Deliveries.Add(1, Tag);
            if (verdict.Kind == VerdictKind.Advance)
                TidemarkTelemetry.DeliveryDelay.Record(Math.Max(0, (time.GetUtcNow() - last.RecordedAt).TotalSeconds), Tag);
            return verdict.Kind switch
            {
                VerdictKind.Ahead => throw Ahead(verdict.Token, await mark(cancellationToken).ConfigureAwait(false)),
                VerdictKind.AskAgain => throw new DeliveryFailedException(
                    shard, "The consumer stands elsewhere than its handshake said; asking it again.", null, null),
                VerdictKind.ProtocolError => throw Wrong(verdict),
                _ => verdict,
            };
        }
        catch
        {
            _session.Lost();
            TidemarkTelemetry.DeliveryErrors.Add(1, Tag);
            throw;
        }
    }

    /// <summary>Hands events over again that lie behind the consumer's token: those of a dead letter. The token stays.</summary>
    public async ValueTask<DeliveryOutcome> HandLateAsync(
        ReadOnlyMemory<RecordedEvent> events, IStoreTransaction? transaction, CancellationToken cancellationToken)
    {
        var token = _session.LastToken;
        var offer = new DeliveryOffer(numbers.Next(), token, token.After, token.After);
        var batch = new DeliveryBatch(shard, token, token, events, 1, CancellationToken.None);
        try
        {
            var answer = await CallAsync(offer, batch, transaction, cancellationToken).ConfigureAwait(false);
            TidemarkTelemetry.Deliveries.Add(1, Tag);
            return answer.StandsAt is { } elsewhere
                ? throw new DeliveryFailedException(shard, $"The consumer stands at {elsewhere}, not at {token}.", null, null)
                : answer.Outcome;
        }
        catch (ConsumerMovedException e)
        {
            throw new DeliveryFailedException(shard, "The consumer of the shard has changed; asking the new one.", TimeSpan.Zero, e);
        }
    }

    /// <summary>Says that an event became a dead letter.</summary>
    public void LogSetAside(FailureAction action, RecordedEvent bad, Exception error) =>
        LogSetAside(shard, action, bad.Id, bad.Position.Value, error.Message);

    private async ValueTask<DeliveryAnswer> CallAsync(
        DeliveryOffer offer, DeliveryBatch batch, IStoreTransaction? transaction, CancellationToken cancellationToken)
    {
        using var activity = DeliveryActivity.Start(shard, batch.Events.Span);
        try
        {
            var answer = await InTimeAsync(token => target.DeliverAsync(offer, batch, transaction, token), cancellationToken)
                .ConfigureAwait(false);
            if (answer.StandsAt is not null || answer.Outcome.Kind != DeliveryOutcomeKind.Done)
                activity?.SetStatus(ActivityStatusCode.Error, answer.Outcome.Reason ?? "The consumer stands elsewhere.");
            return answer;
        }
        catch (Exception e)
        {
            Thrown = e;
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
    }

    private async ValueTask<T> InTimeAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        if (callTimeout is not { } limit)
            return await WaitAsync(cancellationToken).ConfigureAwait(false);
        using var late = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ConsumerTimeoutException(limit, e);
        }

        // A consumer that does not heed the token is left to itself.
        ValueTask<T> WaitAsync(CancellationToken token)
        {
            var called = call(token);
            return called.IsCompleted ? called : new(called.AsTask().WaitAsync(token));
        }
    }

    private TokenAheadException Ahead(HandshakeToken token, Position known)
    {
        var ahead = new TokenAheadException(shard, token, known);
        target.Refuse(ahead);
        return ahead;
    }

    private DeliveryFailedException Wrong(Verdict verdict)
    {
        LogWrong(shard, verdict.Reason);
        return new(shard, $"The consumer gave a wrong answer: {verdict.Reason}", null, null);
    }

    [LoggerMessage(EventId = 1702, Level = LogLevel.Warning, Message = "Subscription shard {Shard}: {Action} of event {EventId} at " +
        "position {Position}, by policy: {Reason}")]
    private partial void LogSetAside(ShardName shard, FailureAction action, Guid eventId, long position, string reason);

    [LoggerMessage(EventId = 1701, Level = LogLevel.Warning, Message = "Subscription shard {Shard}: the consumer gave a wrong answer: " +
        "{Reason} Nothing was moved; delivery begins anew with a handshake.")]
    private partial void LogWrong(ShardName shard, string? reason);
}
