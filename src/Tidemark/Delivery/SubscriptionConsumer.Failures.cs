using System.Data.Common;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Pulling;
using Tidemark.Shards;

namespace Tidemark.Delivery;

/// <summary>What follows when a consumer fails, refuses, or gives no answer.</summary>
internal sealed partial class SubscriptionConsumer
{
    // Whether an event may be at fault. A consumer that uses a database which is away is not; a time-out or a broken connection of its own
    // is, whatever it looks like.
    private bool IsOfConsumer(Exception error, CancellationToken cancellationToken) =>
        ReferenceEquals(error, _link.Thrown) && error is not (ConsumerException or ConsumerMovedException or FencedException)
        && !(_parts.IsTransient(error) && IsOfDatabase(error))
        && !(error is OperationCanceledException && cancellationToken.IsCancellationRequested);

    private static bool IsOfDatabase(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            if (e is DbException)
                return true;
        }

        return false;
    }

    // Nobody knows which event it was: smaller batches find out.
    private async ValueTask<int> NarrowAsync(PageSlice slice, Exception error, CancellationToken cancellationToken)
    {
        if (_cutter.Count == 1)
            return await FailAsync(slice, _cutter.Events.Span[0], error.Message, default, error, cancellationToken).ConfigureAwait(false);
        _cutter.Narrow();
        return await ReattachAsync(cancellationToken).ConfigureAwait(false) is null ? _cutter.From : Elsewhere;
    }

    private async ValueTask<int> FailAsync(
        PageSlice slice, RecordedEvent bad, string reason, TimeSpan asked, Exception? error, CancellationToken cancellationToken)
    {
        var attempts = await _failures.FailedAsync(bad, reason, asked, error, cancellationToken).ConfigureAwait(false);
        if (!_isAttached && await ReattachAsync(cancellationToken).ConfigureAwait(false) is not null)
            return Elsewhere;
        var action = _definition.Policy.OnFailure;
        return await SetAsideAsync(slice, bad, action, attempts, error ?? new ConsumerRefusedException(reason), cancellationToken)
            .ConfigureAwait(false);
    }

    // A dead letter, in the commit that passes its event.
    private async ValueTask<int> SetAsideAsync(
        PageSlice slice, RecordedEvent bad, FailureAction action, int attempts, Exception error, CancellationToken cancellationToken)
    {
        if (action == FailureAction.Park && _parked.Count >= _parts.Options.ParkedStreamsMax)
            throw new ParkedStreamsException(_shard, _parts.Options.ParkedStreamsMax, error);
        var state = action == FailureAction.Park ? DeadLetterState.Parked : DeadLetterState.Skipped;
        var letter = DeadLetter.Of(_shard, ParkedEvent.Of(bad), ErrorCategory.Delivery, error, attempts, state);
        if (action == FailureAction.Park)
            _parked.Park(bad);
        _anchor = bad;
        await WriteAsync(bad.Position, [letter], null, cancellationToken).ConfigureAwait(false);
        _deadLetters++;
        _link.LogSetAside(action, bad, error);
        await _failures.PassedAsync(bad.Position, cancellationToken).ConfigureAwait(false);
        return slice.IndexAfter(bad.Position);
    }
}
