using Microsoft.Extensions.Logging;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Pulling;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>
/// The tenants that a projection's shard has left behind, one lane each. Their rows are part of the checkpoint and move in the fenced
/// commit of their effects, so that whatever happens each event takes effect once: the shard leaves a tenant out from the position on
/// that the row says, and takes it in again where both stand at the same one.
/// </summary>
internal sealed partial class TenantTurns : ITenantTurns
{
    private readonly ShardName _shard;
    private readonly ProjectionConsumer _consumer;
    private readonly PullingAgent _pulling;
    private readonly ShardOptions _options;
    private readonly ErrorClassifier _classifier;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly bool _leaves;
    private readonly SeveralTenants _several;
    private readonly List<TenantLane> _lanes = [];
    private readonly HashSet<TenantId> _tenants = [];
    private readonly Lock _gate = new();
    private IReadOnlyList<TenantBehind> _waiting = [];
    private int _next;
    private bool _resumed;
    private bool _lacksOthers;

    public TenantTurns(ShardName shard, ProjectionConsumer consumer, ShardRuntime runtime, bool leaves)
    {
        _shard = shard;
        _consumer = consumer;
        _pulling = runtime.Pulling;
        _options = runtime.Options;
        _classifier = new ErrorClassifier(runtime.IsTransient);
        _time = runtime.Time;
        _random = runtime.Random;
        _logger = runtime.Logger;
        _leaves = leaves;
        _several = runtime.SeveralTenants;
    }

    public IReadOnlyList<TenantBehind> Behind { get; private set; } = [];

    public IReadOnlyList<TenantBehind> Waiting => Volatile.Read(ref _waiting);

    public AsyncPulse Resumed { get; } = new();

    public bool HasFlood => _lanes.Exists(l => l.State.Reason == TenantBehindReason.Flood);

    public bool HasDue => _lanes.Count > 0 && TakeResume() && _lanes.Exists(IsDue);

    public bool HasActive => _lanes.Count > 0 && TakeResume() && _lanes.Exists(l => l.Bad is not null || !Waits(l));

    public Position? Unread => _lanes.Where(l => !Waits(l) && l.Position < _consumer.Reached && l.Position >= _pulling.Mark)
        .Select(l => (Position?)l.Position).MinBy(p => p!.Value.Value);

    private bool HasRoom => _leaves && _lanes.Count < _options.TenantsBehindMax;

    // A node that has just started may not know the mark yet to which the shard has come.
    private Position Readable => Position.Earlier(_consumer.Reached, _pulling.Mark);

    public DateTimeOffset? NextTry => _lanes.Min(l => l.NextTry);

    /// <summary>Whether a tenant is left behind.</summary>
    public bool Contains(TenantId tenant) => _tenants.Count > 0 && _tenants.Contains(tenant);

    public void Resume()
    {
        lock (_gate)
            (_resumed, _waiting) = (true, []);
        Resumed.Fire();
    }

    /// <summary>What is stored, as the shard's handshake has read it.</summary>
    public void Load(Checkpoint checkpoint)
    {
        var former = _lanes.ToDictionary(l => l.Tenant);
        _lanes.Clear();
        var latest = _time.GetUtcNow() + _options.PauseMax;
        foreach (var stored in checkpoint.Behind)
        {
            if (former.TryGetValue(stored.Tenant, out var lane))
                lane.Stored(stored);
            else
                lane = MakeLane(stored);

            // Another node's clock may have been far ahead.
            lane.NextTry = lane.NextTry > latest ? latest : lane.NextTry;
            _lanes.Add(lane);
        }

        _lastMove = checkpoint.UpdatedAt;
        Publish(checkpoint.Behind);
    }

    public async ValueTask<bool> CanLeaveAsync(CancellationToken cancellationToken) =>
        HasRoom && await HasOthersAsync(cancellationToken).ConfigureAwait(false);

    public async Task UntilSeveralAsync(CancellationToken cancellationToken)
    {
        if (!HasRoom || !_lacksOthers)
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken).ConfigureAwait(false);
        await _several.UntilAsync(cancellationToken).ConfigureAwait(false);
        _lacksOthers = false;
    }

    public TenantBehind Failing(RecordedEvent bad, ErrorCategory category, Exception error)
    {
        var (now, pause) = (_time.GetUtcNow(), new PauseClock(_options, _random).Failed(outage: false));
        return new(bad.Tenant, _consumer.Durable, TenantBehindReason.Error)
        {
            Ahead = _consumer.Ahead,
            Problem = new(category.ToString(), error.Message, bad.Position, Failures: 1, now, now + pause),
        };
    }

    public async ValueTask LeaveAsync(IReadOnlyList<TenantBehind> tenants, CancellationToken cancellationToken)
    {
        IReadOnlyList<TenantBehind> rows = [.. Behind, .. tenants];
        await _consumer.CommitBehindAsync(rows, cancellationToken).ConfigureAwait(false);
        foreach (var left in tenants)
        {
            _lanes.Add(MakeLane(left));
            if (left.Problem is { } problem)
                LogFailed(_shard, left.Tenant, left.Position.Value, problem.Category, problem.NextTry, problem.Message);
            else
                LogFlood(_shard, left.Tenant, left.Position.Value);
        }

        Publish(rows);
    }

    public async ValueTask<PageSlice> PeekOthersAsync(
        Position after, Position through, int eventsMax, CancellationToken cancellationToken)
    {
        var filter = new LogFilter(_consumer.StoredTypes) { ExceptTenants = [.. _tenants] };
        var page = await _pulling.ReadAloneAsync(after, through, filter, eventsMax, cancellationToken).ConfigureAwait(false);
        return new PageSlice(page, 0, page.Events.Length, page.Through);
    }

    public async ValueTask<TurnResult> TakeTurnAsync(
        ErrorOptions errors, Func<bool> othersWait, CancellationToken stop, CancellationToken cancellationToken)
    {
        if (NextDue() is not { } lane)
            return TurnResult.Nothing;
        if (lane.Bad is { } bad)
            return await HandleBadAsync(lane, bad.Event, bad.Error, errors, cancellationToken).ConfigureAwait(false);
        var turn = new TenantTurn(lane.Position);
        ShowWaiting(except: lane);
        var isCommitting = false;
        _consumer.BeginTurn(lane.State);
        try
        {
            await GatherAsync(lane, turn, othersWait, stop, cancellationToken).ConfigureAwait(false);
            isCommitting = true;
            return await CommitAsync(lane, turn.Through, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException && turn.Events > 0 && _classifier.IsAboutEvents(e))
        {
            lane.ReadsAlone = true;
            if (lane.Limits.Failed(turn.After, turn.Reached, turn.Events, ErrorClassifier.CulpritOf(e)))
                lane.Bad = (turn.Only!, e);
            return new(default, Committed: false, IsCertain: !isCommitting);
        }
        finally
        {
            await _consumer.EndTurnAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> HasOthersAsync(CancellationToken cancellationToken)
    {
        var has = await _several.AskAsync(cancellationToken).ConfigureAwait(false);
        _lacksOthers = !has;
        return has;
    }

    private async ValueTask GatherAsync(
        TenantLane lane, TenantTurn turn, Func<bool> othersWait, CancellationToken stop, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var through = Position.Earlier(lane.Limits.ThroughMax(lane.Position), Readable);
        var share = (int)Math.Max(1, _options.TurnEventsMax * _options.TenantWeights.GetValueOrDefault(lane.Tenant.Value, 1));
        var isOver = false;
        while (turn.Through < through && !isOver)
        {
            var left = lane.Limits.EventsMax - turn.Events;
            var slice = await PeekAsync(lane, turn.Through, through, Math.Min(left, Math.Max(1, share - turn.Applied)), cancellationToken)
                .ConfigureAwait(false);
            turn.Begin(slice);
            turn.End(slice, await _consumer.DeliverTurnAsync(slice, lane.SetAside, cancellationToken).ConfigureAwait(false));
            isOver = turn.Events >= lane.Limits.EventsMax || _consumer.WantsCommit || stop.IsCancellationRequested
                || _time.GetElapsedTime(started) >= _consumer.GatherMax || (turn.Applied >= share && othersWait());
        }
    }

    private async ValueTask<PageSlice> PeekAsync(
        TenantLane lane, Position after, Position through, int eventsMax, CancellationToken cancellationToken)
    {
        if (!lane.ReadsAlone)
        {
            if (lane.Cursor.Position != after)
                lane.Cursor.MoveTo(after);
            return await lane.Cursor.PeekAsync(eventsMax, through, cancellationToken).ConfigureAwait(false);
        }

        var filter = new LogFilter(_consumer.StoredTypes, [lane.Tenant], _consumer.StreamSlots);
        var page = await _pulling.ReadAloneAsync(after, through, filter, eventsMax, cancellationToken).ConfigureAwait(false);
        return new PageSlice(page, 0, page.Events.Length, page.Through);
    }

    private async ValueTask<TurnResult> CommitAsync(TenantLane lane, Position through, CancellationToken cancellationToken)
    {
        var next = lane.At(through);
        var rejoins = CanRejoin(next);
        IReadOnlyList<TenantBehind> rows = [.. Behind.Where(b => b.Tenant != lane.Tenant), .. rejoins ? [] : new[] { next }];
        var count = await _consumer.CommitBehindAsync(rows, cancellationToken).ConfigureAwait(false);
        lane.Stored(next);
        if (rejoins)
        {
            _lanes.Remove(lane);
            LogRejoined(_shard, lane.Tenant, through.Value);
        }

        Publish(rows);
        return new(count, Committed: true, IsCertain: true);
    }

    private async ValueTask<TurnResult> HandleBadAsync(
        TenantLane lane, RecordedEvent bad, Exception error, ErrorOptions errors, CancellationToken cancellationToken)
    {
        var category = _classifier.CategorizeEvent(error);
        var action = errors.For(category);
        if (action == ErrorAction.Park && _consumer.ParkedStreams + lane.SetAside.Count >= _options.ParkedStreamsMax)
            (action, error) = (ErrorAction.Pause, new ParkedStreamsException(_shard, _options.ParkedStreamsMax, error));
        if (action != ErrorAction.Pause)
        {
            var state = action == ErrorAction.Park ? DeadLetterState.Parked : DeadLetterState.Skipped;
            lane.SetAside[bad.Position] = DeadLetter.Of(_shard, ParkedEvent.Of(bad), category, error, attempts: 2, state);
            lane.Limits.Reset();
            lane.Bad = null;
            LogSetAside(_shard, action, bad.Id, bad.Position.Value, lane.Tenant, category, error);
            return TurnResult.Nothing;
        }

        var own = error is TidemarkException ? error : new ApplyEventException(_shard.Projection, bad, error);
        var (now, pause) = (_time.GetUtcNow(), lane.Pauses.Failed(outage: false));
        var problem = new TenantProblem(
            category.ToString(), own.Message, bad.Position, lane.Pauses.Failures, lane.State.Problem?.Since ?? now, now + pause);
        var next = lane.State with { Problem = problem, Reason = TenantBehindReason.Error };
        IReadOnlyList<TenantBehind> rows = [.. Behind.Select(b => b.Tenant == lane.Tenant ? next : b)];
        var count = await _consumer.CommitBehindAsync(rows, cancellationToken).ConfigureAwait(false);
        lane.Stored(next);
        (lane.Bad, lane.NextTry) = (null, problem.NextTry);
        LogFailed(_shard, lane.Tenant, lane.Position.Value, problem.Category, problem.NextTry, problem.Message);
        Publish(rows);
        return new(count, Committed: true, IsCertain: true);
    }

    // From one to the next, so that each has its turn.
    private TenantLane? NextDue()
    {
        for (var i = 0; i < _lanes.Count; i++)
        {
            var at = (_next + i) % _lanes.Count;
            if (!IsDue(_lanes[at]))
                continue;
            _next = at + 1;
            return _lanes[at];
        }

        return null;
    }

    private bool IsDue(TenantLane lane) =>
        lane.Bad is not null
        || (!Waits(lane) && (lane.Position < Readable || CanRejoin(lane.State)));

    private bool Waits(TenantLane lane) => lane.NextTry is { } next && next > _time.GetUtcNow();

    // Always true: what was asked for takes effect at the next look.
    private bool TakeResume()
    {
        lock (_gate)
        {
            if (_resumed)
                _lanes.ForEach(l => l.NextTry = null);
            _resumed = false;
            return true;
        }
    }

    // Where both stand at one position, and no slots of either are further. After a flood only near the mark: the rest of it may be before
    // both.
    private bool CanRejoin(TenantBehind tenant)
    {
        var reached = _consumer.Reached;
        if (tenant.Reason == TenantBehindReason.Flood && _pulling.Mark.Value - reached.Value > _pulling.PageEventsMax)
            return false;
        return tenant.Position >= reached && tenant.Ahead.Concat(_consumer.Ahead).All(a => a.Position <= reached);
    }

    private TenantLane MakeLane(TenantBehind stored) => new(
        stored, new EventCursor(_pulling, stored.Position), new PauseClock(_options, _random) { Failures = stored.Problem?.Failures ?? 0 },
        _options.CommitEventsMax);

    private void Publish(IReadOnlyList<TenantBehind> rows)
    {
        Behind = rows;
        _tenants.Clear();
        _tenants.UnionWith(rows.Select(r => r.Tenant));
        _clear = ([], Position.Beginning);
        ShowWaiting(except: null);
    }

    private void ShowWaiting(TenantLane? except)
    {
        lock (_gate)
            _waiting = _resumed ? [] : [.. _lanes.Where(l => l != except && l.Bad is null && Waits(l)).Select(l => l.State)];
    }
}
