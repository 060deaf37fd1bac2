using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Telemetry;

namespace Tidemark.Shards;

/// <summary>A batch: gather, commit, and what is certain afterwards.</summary>
internal sealed partial class ShardAgent
{
    private Batch _batch;
    private RebuildThrottle.Piece _piece;

    /// <summary>What the batch under way holds so far.</summary>
    private struct Batch
    {
        public Position After;
        public Position Reached;
        public int Events;
        public RecordedEvent? Only;
    }

    // One try of a batch, always from the durable token: deliver until enough is gathered or nothing more is there, then commit.
    private async ValueTask RunBatchAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        if (_isUncertain)
            await ReconfirmAsync(cancellationToken).ConfigureAwait(false);

        // A build that has caught up but for a page is about to be swapped in: it has to keep pace with the log.
        var builds = IsBuilding;
        var yields = builds && _cursor.Gap > _pulling.PageEventsMax;
        var (batch, before) = (_throttle.Begin(builds, yields), _status.EventsProcessed);
        _piece = default;
        try
        {
            if (_cursor.HasMore && await GatherAsync(yields, stop, cancellationToken).ConfigureAwait(false))
                await CommitOrDeferAsync(yields, stop, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // Nothing of this try counts; the next one begins at the durable token again.
            _cursor.MoveTo(_durable.After);
            _lastToken = _durable;
            await _consumer.AbandonAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            _throttle.End(batch, hadEffects: _status.EventsProcessed > before, _piece);
        }
    }

    private async ValueTask<bool> GatherAsync(bool yields, CancellationToken stop, CancellationToken cancellationToken)
    {
        _batch = new Batch { After = _cursor.Position, Reached = _cursor.Position };
        var started = _time.GetTimestamp();
        var throughMax = _limits.ThroughMax(_cursor.Position);
        do
        {
            var began = _time.GetTimestamp();
            var slice = await PeekAsync(throughMax, cancellationToken).ConfigureAwait(false);
            _batch.Events += slice.Count;
            _batch.Reached = slice.Count > 0 ? slice[slice.Count - 1].Position : _batch.Reached;
            _batch.Only = _batch.Events == 1 && slice.Count == 1 ? slice[0] : _batch.Only;
            var delivery = new ShardDelivery(_lastToken, slice, _setAside, stop);
            var answer = await _consumer.DeliverAsync(delivery, cancellationToken).ConfigureAwait(false);
            if (answer is { } token)
            {
                await RepositionAsync(token, isExpected: stop.IsCancellationRequested).ConfigureAwait(false);
                return false;
            }

            _cursor.Advance(slice);
            _lastToken = HandshakeToken.Delivered(slice.Through);
            var took = _time.GetElapsedTime(began);
            _piece = new(_batch.Events, _piece.Took + took);
            if (yields && !_consumer.HoldsLocks)
                await _throttle.YieldAsync(took, stop).ConfigureAwait(false);
        }
        while (_cursor.HasMore && _batch.Events < BatchEventsMax && _cursor.Position < throughMax && !_consumer.WantsCommit && !_endsBatch
            && _time.GetElapsedTime(started) < _consumer.GatherMax && !stop.IsCancellationRequested);
        return true;
    }

    private async ValueTask CommitOrDeferAsync(bool yields, CancellationToken stop, CancellationToken cancellationToken)
    {
        if (_consumer.HasEffects || _lastToken.Position.Value - _durable.Position.Value >= _options.CommitEventsMax)
        {
            var took = await _throttle.CommitAsync(CommitAsync, yields && !_consumer.HoldsLocks, cancellationToken).ConfigureAwait(false);
            _piece = _piece with { Took = _piece.Took + took };
            if (yields)
                await _throttle.YieldAsync(_consumer.HoldsLocks ? _piece.Took : took, stop).ConfigureAwait(false);
            return;
        }

        // Nothing here concerned the shard. In memory it has passed; the write may wait.
        if (_idleSince is { } since && _time.GetElapsedTime(since) >= _options.IdleProgressInterval)
        {
            await CommitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        _idleSince ??= _time.GetTimestamp();
        _batch = default;
        Publish(_cursor.Position, new CommitCount(0, 0));
    }

    // A commit that ended without an answer may have taken effect; the stored token tells.
    private async ValueTask ReconfirmAsync(CancellationToken cancellationToken)
    {
        // No event is at fault when this fails.
        _batch = default;
        _durable = await _consumer.ReconfirmAsync(cancellationToken).ConfigureAwait(false);
        _lastToken = _durable;
        _cursor.MoveTo(_durable.After);
        _isUncertain = false;
        Publish(_durable.After, new CommitCount(0, 0));
    }

    private async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        using var committing = _cursor.Commit(started);
        _isUncertain = true;
        var count = await _consumer.CommitAsync(cancellationToken).ConfigureAwait(false);
        _isUncertain = false;
        TidemarkTelemetry.CommitDuration.Record(_time.GetElapsedTime(started).TotalSeconds, Tag);
        TidemarkTelemetry.EventsProcessed.Add(count.Events, Tag);
        TidemarkTelemetry.DeadLetters.Add(count.DeadLetters, Tag);
        _durable = _lastToken;
        _idleSince = null;
        _batch = default;
        foreach (var position in _setAside.Keys.Where(p => p <= _durable.Position).ToArray())
            _setAside.Remove(position);
        _pauses.Succeeded();
        Publish(_durable.After, count);
    }

    private async ValueTask RepositionAsync(HandshakeToken token, bool isExpected)
    {
        if (!isExpected && token != _lastToken)
            LogRepositioned(_shard, _lastToken, token);
        await _consumer.AbandonAsync().ConfigureAwait(false);
        _cursor.MoveTo(token.After);
        _lastToken = token;
        _durable = token;
        _batch = default;
    }
}
