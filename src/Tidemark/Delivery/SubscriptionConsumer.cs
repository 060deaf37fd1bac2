using Tidemark.Checkpoints;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Pulling;
using Tidemark.Shards;

namespace Tidemark.Delivery;

/// <summary>
/// A subscription as a shard's consumer. What concerns it is handed to whoever consumes it, a batch at a time, and each batch's token is
/// stored before the next one goes: so a crash repeats one batch at most. With a consumer that keeps its own token, that one is the truth,
/// and the stored one a copy for the status.
/// </summary>
internal sealed partial class SubscriptionConsumer : IShardConsumer
{
    private const int Elsewhere = -1;

    private readonly ShardName _shard;
    private readonly Subscription _subscription;
    private readonly SubscriptionDefinition _definition;
    private readonly SubscriptionParts _parts;
    private readonly IEventLog _log;
    private readonly IReadModelStore _store;
    private readonly Epoch _epoch;
    private readonly ConsumerLink _link;
    private readonly FailureBook _failures;
    private readonly SlotScope _slots;
    private readonly ParkedStreams _parked;
    private readonly DeadLetterRetry _retry;
    private readonly SubscriberApplier _late;
    private readonly BatchCutter _cutter;
    private readonly SettledEvents _settled;
    private readonly Func<RecordedEvent, bool> _wants;
    private readonly Func<RecordedEvent, bool> _isParked;

    private Position _durable;
    private HandshakeToken _expected;
    private RecordedEvent? _anchor;
    private bool _isUncertain;
    private bool _isAttached;
    private long _written;
    private long _events;
    private long _deadLetters;

    public SubscriptionConsumer(
        ShardName shard, Subscription subscription, IDeliveryTarget target, ApplierContext context, SubscriptionParts parts, Epoch epoch)
    {
        _shard = shard;
        _subscription = subscription;
        _definition = subscription.Definition;
        _parts = parts;
        _log = context.Log;
        _store = context.ReadModels;
        _epoch = epoch;
        _slots = context.Slots;
        _link = new ConsumerLink(shard, target, parts.Numbers, _definition.Policy.CallTimeout, parts.Mark, parts.Time, parts.Logger);
        _failures = new FailureBook(shard, _definition.Policy, parts.Failures, parts.Time, parts.Random);
        _parked = new ParkedStreams(shard, parts.DeadLetters, parts.Options.ParkedStreamsMax);
        _late = new SubscriberApplier(shard, _link, BeginAsync);
        _retry = new DeadLetterRetry(shard, _late, context, parts.DeadLetters, _definition.Concerns, CommitStepAsync);
        _settled = new SettledEvents(shard, parts.DeadLetters);
        _cutter = new BatchCutter(_definition.Policy);
        (_wants, _isParked) = (Wants, _parked.Contains);
    }

    public IReadOnlyCollection<string>? Types => _definition.Types;

    public bool NeedsJson => _link.Target.NeedsJson;

    public bool NeedsData => _link.Target.NeedsData;

    public bool KeepsStep => false;

    /// <summary>What was handed over is stored already.</summary>
    public bool WantsCommit => true;

    public bool HasEffects => _events > 0 || _deadLetters > 0 || _cutter.Parked.Count > 0;

    public bool HoldsLocks => false;

    public TimeSpan GatherMax => TimeSpan.Zero;

    public TimeSpan Linger => _definition.Policy.BatchWaitMax;

    public TimeSpan? SyncInterval => _parts.Options.TokenSyncInterval;

    public Task? Moved => _link.Target.Moved;

    public void Show(bool isLive, Position position) => _link.Target.Show(isLive, position);

    public int ParkedStreams => _parked.Count;

    public async ValueTask<HandshakeToken> HandshakeAsync(CancellationToken cancellationToken)
    {
        var checkpoint = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await LogRewoundException.ThrowIfRewoundAsync(_log, checkpoint, cancellationToken).ConfigureAwait(false);
        _slots.Set(checkpoint.Ahead, _durable);
        await _failures.LoadAsync(cancellationToken).ConfigureAwait(false);
        _cutter.Forget();
        _isAttached = false;
        return await AttachAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<HandshakeToken> ReconfirmAsync(CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await AttachAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<HandshakeToken?> SyncAsync(CancellationToken cancellationToken)
    {
        if (Moved is { IsCompleted: true })
            return await ReattachAsync(cancellationToken).ConfigureAwait(false);
        if (_link.Target.Keeper == TokenKeeper.Store)
        {
            var stored = await _parts.Tokens.FindAsync(_shard, _written, cancellationToken).ConfigureAwait(false);
            return stored is null || stored.Position == _durable ? null : await ReconfirmAsync(cancellationToken).ConfigureAwait(false);
        }

        var verdict = await _link.AskAsync(Start, cancellationToken).ConfigureAwait(false);
        return verdict.Kind == VerdictKind.Same ? null : await StandAsync(verdict.Token, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<HandshakeToken?> DeliverAsync(ShardDelivery delivery, CancellationToken cancellationToken)
    {
        if (_isUncertain || !_isAttached)
            return await ReconfirmAsync(cancellationToken).ConfigureAwait(false);
        if (delivery.Offered != _expected)
            return _expected;
        var slice = delivery.Slice;
        if (slice.Count > 0)
            await _parked.LoadAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var next = 0; ;)
            {
                if (Moved is { IsCompleted: true } && await ReattachAsync(cancellationToken).ConfigureAwait(false) is { } elsewhere)
                    return elsewhere;

                // What is handed over is stored; the rest of a page does not hold up a move.
                if (delivery.Stop.IsCancellationRequested && next < slice.Count)
                    return _expected = HandshakeToken.Delivered(_durable);
                next = _cutter.Cut(slice, next, _wants, _isParked);
                if (_cutter.Count == 0)
                    break;
                var through = next == slice.Count ? slice.Through : slice[next - 1].Position;
                next = await HandAsync(delivery, next, through, cancellationToken).ConfigureAwait(false);
                if (next == Elsewhere)
                    return _expected;
            }
        }
        catch (ConsumerMovedException)
        {
            return await ReconfirmAsync(cancellationToken).ConfigureAwait(false);
        }

        _expected = HandshakeToken.Delivered(slice.Through);
        return null;
    }

    /// <summary>Stores progress past events that were not handed over.</summary>
    public async ValueTask<CommitCount> CommitAsync(CancellationToken cancellationToken)
    {
        if (_expected.Position > _durable)
            await WriteAsync(_expected.Position, [], null, cancellationToken).ConfigureAwait(false);
        var count = new CommitCount(_events, _deadLetters);
        (_events, _deadLetters) = (0, 0);
        return count;
    }

    public ValueTask<DeadLetterOutcome> SettleAsync(
        DeadLetterCommand command, ErrorClassifier errors, CancellationToken cancellationToken) =>
        _retry.RunAsync(command, errors, cancellationToken);

    public async ValueTask AbandonAsync()
    {
        await _late.AbandonAsync().ConfigureAwait(false);
        _parked.Abandon();
        _cutter.Forget();
        _expected = HandshakeToken.Delivered(_durable);
        _anchor = null;
    }

    private HandshakeToken Start => HandshakeToken.Delivered(_subscription.StartOn(_shard.Database));

    private bool Wants(RecordedEvent e) =>
        _slots.Includes(e.Slot, e.Position) && _definition.Concerns(e) && !_settled.Contains(e.Position);

    private async ValueTask<Checkpoint> OpenAsync(CancellationToken cancellationToken)
    {
        var checkpoint = await _parts.Checkpoints.OpenAsync(_shard, _epoch, cancellationToken).ConfigureAwait(false);
        (_durable, _written) = (checkpoint.Position, _parts.Time.GetTimestamp());
        _isUncertain = false;
        _parked.Forget();
        return checkpoint;
    }

    // The handshake with the consumer itself.
    private async ValueTask<HandshakeToken> AttachAsync(CancellationToken cancellationToken)
    {
        var fallback = _link.Target.Keeper == TokenKeeper.Store ? HandshakeToken.Delivered(_durable) : Start;
        var verdict = await _link.AskAsync(fallback, cancellationToken).ConfigureAwait(false);
        return await StandAsync(verdict.Token, cancellationToken).ConfigureAwait(false);
    }

    // Asks anew: between two batches for who consumes now, and after a call without an answer, as one that keeps its token may have
    // processed all of it or a part. Null when it stands where it did.
    private async ValueTask<HandshakeToken?> ReattachAsync(CancellationToken cancellationToken)
    {
        var (expected, durable) = (_expected, _durable);
        _isAttached = false;
        var token = await AttachAsync(cancellationToken).ConfigureAwait(false);
        if (_durable != durable)
            return token;
        _expected = expected;
        return null;
    }

    // The consumer's own token is the truth, in both directions; the stored one follows it. What was recorded instead of being handed over
    // stays so. Until that is done the consumer is not attached: it would be offered its own token with the events of another place.
    private async ValueTask<HandshakeToken> StandAsync(HandshakeToken token, CancellationToken cancellationToken)
    {
        _isAttached = false;
        if (token.After != _durable)
        {
            await _settled.LoadAsync(token.After, cancellationToken).ConfigureAwait(false);
            var moved = new Checkpoint(_shard, token.After, _epoch, null, Position.Beginning, default);
            await _parts.Checkpoints.ReplaceAsync([], [moved], cancellationToken).ConfigureAwait(false);
            (_durable, _written) = (token.After, _parts.Time.GetTimestamp());
            _parked.Forget();
        }

        _isAttached = true;
        return _expected = HandshakeToken.Delivered(_durable);
    }

    // Returns the index of the next event of the slice that was not dealt with; Elsewhere when the consumer does not stand in front of it.
    private async ValueTask<int> HandAsync(ShardDelivery delivery, int next, Position through, CancellationToken cancellationToken)
    {
        var slice = delivery.Slice;
        var target = _link.Target;
        if (target.NeedsData && _cutter.FirstUndecoded is { } undecoded)
        {
            if (undecoded != _cutter.Events.Span[0])
                (next, through) = (_cutter.CutBefore(slice, undecoded), new Position(undecoded.Position.Value - 1));
            else
                return await FailAsync(slice, undecoded, undecoded.DecodeError!.Message, default, undecoded.DecodeError, cancellationToken)
                    .ConfigureAwait(false);
        }

        // A consumer's own token passes parked events with the batch, whether or not this store learns of it: they are recorded first.
        if (target.Keeper == TokenKeeper.Consumer && _cutter.Parked.Count > 0)
            await WriteAsync(_durable, [], null, cancellationToken, parkedThrough: through).ConfigureAwait(false);
        var (verdict, error) = await TryHandAsync(through, delivery.Stop, cancellationToken).ConfigureAwait(false);
        if (error is not null)
            return await NarrowAsync(slice, error, cancellationToken).ConfigureAwait(false);
        await _failures.PassedAsync(_durable, cancellationToken).ConfigureAwait(false);
        if (verdict.Kind == VerdictKind.Advance && verdict.Token.After == through)
        {
            _cutter.Passed();
            return next;
        }

        var bad = _cutter.FirstAfter(verdict.Token.After);
        switch (verdict.Kind)
        {
            case VerdictKind.Advance:
                return slice.IndexAfter(verdict.Token.After);
            case VerdictKind.Retry when bad is not null:
                return await FailAsync(slice, bad, verdict.Reason!, verdict.Delay, null, cancellationToken).ConfigureAwait(false);
            case VerdictKind.Park or VerdictKind.Skip when bad is not null:
                var action = verdict.Kind == VerdictKind.Park ? FailureAction.Park : FailureAction.Skip;
                return await SetAsideAsync(
                    slice, bad, action, _failures.AttemptAt(bad.Position), new ConsumerRefusedException(verdict.Reason!), cancellationToken)
                    .ConfigureAwait(false);
            case VerdictKind.Stop:
                var at = bad?.Position ?? new Position(verdict.Token.After.Value + 1);
                throw await _failures.StopAsync(at, verdict.Reason!, cancellationToken).ConfigureAwait(false);
            default:
                throw new DeliveryFailedException(
                    _shard, $"The consumer stands at {verdict.Token}; going on from there.", TimeSpan.Zero, null);
        }
    }

    // Hands the batch over and stores how far it got, in the consumer's transaction when it has one. What the consumer threw is returned.
    private async ValueTask<(Verdict Verdict, Exception? Error)> TryHandAsync(
        Position through, CancellationToken stop, CancellationToken cancellationToken)
    {
        var transaction = _link.Target.IsTransactional ? await BeginAsync(cancellationToken).ConfigureAwait(false) : null;
        try
        {
            Verdict verdict;
            try
            {
                var attempt = _failures.AttemptAt(_cutter.Events.Span[0].Position);
                verdict = await _link.HandAsync(_cutter.Events, through, attempt, transaction, stop, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (Exception e)
            {
                _isAttached = false;
                if (!IsOfConsumer(e, cancellationToken))
                    throw;
                return (default, e);
            }

            var done = verdict.Token.After;
            if (verdict.Kind != VerdictKind.Reposition && done > _durable)
            {
                _events += _cutter.CountThrough(done);
                _anchor = _cutter.LastThrough(done) ?? _anchor;
                await WriteAsync(done, [], transaction, cancellationToken).ConfigureAwait(false);
            }

            return (verdict, null);
        }
        finally
        {
            if (transaction is not null)
                await transaction.DisposeAsync().ConfigureAwait(false);
        }
    }

    // A retry's commit: the token stays where it is.
    private async ValueTask CommitStepAsync(DeadLetterRetry.Step step, CancellationToken cancellationToken)
    {
        await WriteAsync(_durable, step.Letters, _late.Transaction, cancellationToken, step.Taken).ConfigureAwait(false);
        await _late.CommittedAsync().ConfigureAwait(false);
        if (step.Taken is { Rejoins: true } taken)
            _parked.Release(taken.Tenant, taken.Stream);
    }

    private async ValueTask WriteAsync(
        Position next, IReadOnlyList<DeadLetter> letters, IStoreTransaction? transaction, CancellationToken cancellationToken,
        ParkedStreamStep? step = null, Position? parkedThrough = null)
    {
        var parked = _cutter.TakeParked(parkedThrough ?? next);
        var anchor = parkedThrough is null && parked.Length > 0 && !(_anchor?.Position > parked[^1].Position) ? parked[^1] : _anchor;
        var commit = new ReadModelCommit
        {
            Move = new CheckpointMove(_shard, _epoch, _durable, next, anchor?.Id, anchor?.Position ?? Position.Beginning),
            DeadLetters = letters,
            ParkedEvents = [.. parked.Select(ParkedEvent.Of)],
            ParkedStep = step,
        };
        _isUncertain = true;
        if (transaction is null)
        {
            await _store.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await _store.WriteAsync(transaction, commit, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        _isUncertain = false;
        _parked.Committed();
        (_durable, _written) = (next, _parts.Time.GetTimestamp());
        _anchor = null;
    }

    private ValueTask<IStoreTransaction> BeginAsync(CancellationToken cancellationToken) => _store.BeginBoundAsync(_log, cancellationToken);
}
