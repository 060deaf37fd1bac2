using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Telemetry;

namespace Tidemark.Delivery;

/// <summary>
/// Counts the failed attempts at the event that a shard stands at, over restarts, and says when the policy has had enough. Not safe for
/// concurrent use.
/// </summary>
internal sealed class FailureBook(
    ShardName shard, DeliveryPolicy policy, IDeliveryFailureStore store, TimeProvider time, Random random)
{
    private const int ReasonLengthMax = 4000;

    private DeliveryFailure? _known;

    /// <summary>Reads what is stored.</summary>
    /// <exception cref="SubscriptionFaultedException">The shard is faulted.</exception>
    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        _known = await store.FindAsync(shard, cancellationToken).ConfigureAwait(false);
        if (_known is { IsFaulted: true })
            throw new SubscriptionFaultedException(_known);
    }

    /// <summary>Which attempt the next one at an event is; from 1.</summary>
    public int AttemptAt(Position position) => 1 + (_known?.Position == position ? _known.Attempts : 0);

    /// <summary>
    /// An attempt failed. Throws what pauses the shard until the next one; returns when the event has been tried often enough and is to be
    /// parked or skipped, with how often.
    /// </summary>
    /// <param name="bad">The event.</param>
    /// <param name="reason">Why.</param>
    /// <param name="asked">The shortest pause that the consumer asked for.</param>
    /// <param name="error">What was thrown; null when it was an outcome.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    public async ValueTask<int> FailedAsync(
        RecordedEvent bad, string reason, TimeSpan asked, Exception? error, CancellationToken cancellationToken)
    {
        var failure = Next(bad.Position, reason);
        if (failure.Attempts < (policy.AttemptsMax ?? int.MaxValue))
        {
            await SaveAsync(failure, cancellationToken).ConfigureAwait(false);
            TidemarkTelemetry.Retries.Add(1, new KeyValuePair<string, object?>("tidemark.subscription", shard.Projection));
            var pause = policy.PauseAfter(failure.Attempts) * (0.8 + (0.2 * random.NextDouble()));
            throw new DeliveryFailedException(failure, asked > pause ? asked : pause, error);
        }

        if (policy.OnFailure == FailureAction.Stop)
            throw await StopAsync(bad.Position, reason, cancellationToken).ConfigureAwait(false);
        return failure.Attempts;
    }

    /// <summary>The consumer told the subscription to stop before an event. Returns the error to throw.</summary>
    public async ValueTask<SubscriptionFaultedException> StopAsync(Position position, string reason, CancellationToken cancellationToken)
    {
        var faulted = Next(position, reason) with { IsFaulted = true };
        await SaveAsync(faulted, cancellationToken).ConfigureAwait(false);
        return new SubscriptionFaultedException(faulted);
    }

    /// <summary>The shard has passed a position.</summary>
    public async ValueTask PassedAsync(Position through, CancellationToken cancellationToken)
    {
        if (_known is null || _known.Position > through)
            return;
        await store.ClearAsync([shard], cancellationToken).ConfigureAwait(false);
        _known = null;
    }

    private async ValueTask SaveAsync(DeliveryFailure failure, CancellationToken cancellationToken)
    {
        await store.SaveAsync(failure, cancellationToken).ConfigureAwait(false);
        _known = failure;
    }

    private DeliveryFailure Next(Position position, string reason)
    {
        var ticks = time.GetUtcNow().UtcTicks;
        var now = new DateTimeOffset(ticks - (ticks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
        var first = _known?.Position == position ? _known.FirstFailedAt : now;
        return new(shard, position, AttemptAt(position), first, now, reason[..Math.Min(reason.Length, ReasonLengthMax)], IsFaulted: false);
    }
}
