using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Pulling;
using Tidemark.Telemetry;

namespace Tidemark.Shards;

/// <summary>
/// Turns between tenants: one of a tenant that was left behind, then one of all the others, so that neither waits for more than a turn.
/// </summary>
internal sealed partial class ShardAgent
{
    private bool _wasLive;
    private bool _endsBatch;

    /// <summary>The tenants that are left behind; null when the consumer knows of none.</summary>
    public ITenantTurns? Tenants { get; init; }

    /// <summary>Tenants that were left behind and wait for their next try. Their waits end with the error.</summary>
    public IReadOnlyList<TenantBehind> WaitingTenants => Tenants?.Waiting ?? [];

    private bool HasTurn => Tenants is { HasDue: true };

    // While others have turns, a batch is one.
    private int BatchEventsMax =>
        Math.Min(PieceEventsMax, Tenants is { HasActive: true } ? Math.Min(_limits.EventsMax, _options.TurnEventsMax) : _limits.EventsMax);

    private int PieceEventsMax => IsBuilding ? _throttle.PieceEventsMax : int.MaxValue;

    private async ValueTask TakeTurnAsync(CancellationToken stop, CancellationToken abort)
    {
        if (HasTurn)
        {
            await _batchPipeline.ExecuteAsync(
                static (state, ct) => state.Agent.RunTurnAsync(state.Stop, ct), (Agent: this, Stop: stop), abort).ConfigureAwait(false);
        }
    }

    private async ValueTask RunTurnAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        // No event of a batch is at fault when this fails.
        _batch = default;
        if (_isUncertain)
            await ReconfirmAsync(cancellationToken).ConfigureAwait(false);
        var builds = IsBuilding;
        var (batch, before) = (_throttle.Begin(builds, builds), _status.EventsProcessed);
        var began = _time.GetTimestamp();
        try
        {
            _isUncertain = true;
            var turn = await Tenants!.TakeTurnAsync(_errors, () => _cursor.HasMore, stop, cancellationToken).ConfigureAwait(false);
            _isUncertain = !turn.IsCertain;
            if (turn.Committed)
                TurnCommitted(turn.Count);
            if (builds)
                await _throttle.YieldAsync(_time.GetElapsedTime(began), stop).ConfigureAwait(false);
        }
        finally
        {
            _throttle.End(batch, hadEffects: _status.EventsProcessed > before, default);
        }
    }

    // A turn's commit takes along what the shard has passed.
    private void TurnCommitted(CommitCount count)
    {
        TidemarkTelemetry.EventsProcessed.Add(count.Events, Tag);
        TidemarkTelemetry.DeadLetters.Add(count.DeadLetters, Tag);
        _durable = _lastToken;
        _idleSince = null;
        Publish(_durable.After, count);
    }

    private async ValueTask<PageSlice> PeekAsync(Position throughMax, CancellationToken cancellationToken)
    {
        _endsBatch = false;
        _cursor.PageEventsMax = PieceEventsMax;
        var eventsMax = Math.Max(1, BatchEventsMax - _batch.Events);
        if (Tenants is null || _cursor.Gap <= _pulling.PageEventsMax)
            return await _cursor.PeekAsync(eventsMax, throughMax, cancellationToken).ConfigureAwait(false);
        var slice = Tenants.HasFlood
            ? await PeekOthersAsync(throughMax, eventsMax, cancellationToken).ConfigureAwait(false)
            : await _cursor.PeekAsync(eventsMax, throughMax, cancellationToken).ConfigureAwait(false);
        if (IsBuilding)
            return slice;

        // What is gathered is committed first.
        var flood = await Tenants.FindFloodAsync(slice, _wasLive, _pulling.Mark, cancellationToken).ConfigureAwait(false);
        _endsBatch = flood.Count > 0 && _batch.Events > 0;
        if (flood.Count == 0 || _endsBatch)
            return slice;
        await LeaveAsync(flood, cancellationToken).ConfigureAwait(false);
        return await PeekOthersAsync(throughMax, Math.Min(eventsMax, BatchEventsMax), cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<PageSlice> PeekOthersAsync(Position throughMax, int eventsMax, CancellationToken cancellationToken) =>
        Tenants!.PeekOthersAsync(_cursor.Position, Position.Earlier(throughMax, _pulling.Mark), eventsMax, cancellationToken);

    // Whether the event's tenant was left behind, in place of a pause of the shard.
    private async ValueTask<bool> TryLeaveAsync(RecordedEvent bad, Exception error, CancellationToken cancellationToken)
    {
        var category = _classifier.CategorizeEvent(error);
        if (Tenants is null || _errors.For(category) != ErrorAction.Pause
            || !await Tenants.CanLeaveAsync(cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        _limits.Reset();
        if (_isUncertain)
            await ReconfirmAsync(cancellationToken).ConfigureAwait(false);
        if (_durable.Position >= bad.Position)
            return true;
        TidemarkTelemetry.ShardErrors.Add(1, Tag, new("error.type", category.ToString()));
        var own = error is TidemarkException ? error : new ApplyEventException(_shard.Projection, bad, error);
        await LeaveAsync([Tenants.Failing(bad, category, own)], cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async ValueTask LeaveAsync(IReadOnlyList<TenantBehind> tenants, CancellationToken cancellationToken)
    {
        _isUncertain = true;
        await Tenants!.LeaveAsync(tenants, cancellationToken).ConfigureAwait(false);
        _isUncertain = false;
        foreach (var tenant in tenants)
            TidemarkTelemetry.TenantsLeftBehind.Add(1, Tag, new("tidemark.reason", tenant.Reason.ToString()));
        _durable = _lastToken;
        _idleSince = null;
        Publish(_durable.After, new CommitCount(0, 0));
    }

    // Completes when a tenant that was left behind can have its turn; take the pulse, then look, then await.
    private async Task TurnDueAsync(Task? resumed, CancellationToken enough)
    {
        var wait = Tenants?.NextTry is { } next ? next - _time.GetUtcNow() : Timeout.InfiniteTimeSpan;
        var due = Task.Delay(wait < TimeSpan.Zero && wait != Timeout.InfiniteTimeSpan ? TimeSpan.Zero : wait, _time, enough);
        var known = Tenants?.Unread is { } unread ? _pulling.WaitBeyondAsync(unread, enough).AsTask() : due;
        await Task.WhenAny(due, resumed ?? due, known).ConfigureAwait(false);
    }
}
