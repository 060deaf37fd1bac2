using Microsoft.Extensions.Logging;
using Polly;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Pulling;
using Tidemark.Resilience;
using Tidemark.Telemetry;

namespace Tidemark.Shards;

/// <summary>
/// Runs one shard: handshake, deliver, commit, and again from the durable token after whatever went wrong. See <see
/// cref="ShardTransitions"/> for its states.
/// </summary>
internal sealed partial class ShardAgent
{
    private readonly ShardName _shard;
    private readonly IShardConsumer _consumer;
    private readonly PullingAgent _pulling;
    private readonly HighWaterAgent _highWater;
    private readonly ShardOptions _options;
    private volatile ErrorOptions _errors;
    private readonly ErrorClassifier _classifier;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _startPipeline;
    private readonly ResiliencePipeline _stopPipeline;
    private readonly ResiliencePipeline _batchPipeline;
    private readonly Random _random;
    private readonly PauseClock _pauses;
    private readonly BatchLimits _limits;
    private readonly AsyncPulse _resume = new();
    private readonly EventCursor _cursor;
    private readonly Dictionary<Position, DeadLetter> _setAside = [];
    private readonly DeadLetterCommands _commands;
    private readonly RebuildThrottle _throttle;

    private HandshakeToken _durable;
    private HandshakeToken _lastToken;
    private long? _idleSince;
    private bool _isUncertain;
    private volatile ShardStatus _status;

    public ShardAgent(ShardName shard, IShardConsumer consumer, ErrorOptions errors, ShardRuntime runtime)
    {
        _shard = shard;
        _consumer = consumer;
        _errors = errors;
        _throttle = runtime.Throttle;
        _pulling = runtime.Pulling;
        _highWater = runtime.HighWater;
        _options = runtime.Options;
        _time = runtime.Time;
        _logger = runtime.Logger;
        _classifier = new ErrorClassifier(runtime.IsTransient);
        _startPipeline = runtime.Pipelines.Build(
            PipelineName.ShardStart, _time, e => e is not (FencedException or LogRewoundException or ConsumerException));
        _stopPipeline = runtime.Pipelines.Build(PipelineName.ShardStop, _time, _ => false);
        _batchPipeline = runtime.Pipelines.Build(PipelineName.Batch, _time, e => e is not EventFetcherException && _classifier.IsOutage(e));
        _random = runtime.Random;
        _pauses = new PauseClock(_options, runtime.Random);
        _limits = new BatchLimits(_options.CommitEventsMax);
        _cursor = new EventCursor(_pulling, Position.Beginning) { KeepsStep = consumer.KeepsStep };
        _commands = new DeadLetterCommands(shard);
        _status = new ShardStatus(shard, ShardState.Stopped, Position.Beginning, Position.Beginning, 0, 0, null);
    }

    public ShardName Name => _shard;

    /// <summary>What it does with events that fail; changes when the model that it built goes live.</summary>
    public ErrorOptions Errors
    {
        get => _errors;
        set => _errors = value;
    }

    /// <summary>Whether it builds a generation that is not live, and so gives way to others; changes when that goes live.</summary>
    public bool IsBuilding { get; set; }

    /// <summary>Fires after each change of state and each commit.</summary>
    public AsyncPulse Changed { get; } = new();

    /// <summary>The shard as it stands.</summary>
    public ShardStatus Status =>
        _status with { Mark = _highWater.Mark, RebuildShare = IsBuilding ? _throttle.Share : null };

    /// <summary>Ends a pause at once, and tries tenants that were left behind.</summary>
    public void Resume()
    {
        Tenants?.Resume();
        _resume.Fire();
    }

    /// <summary>Runs until told to stop. What is gathered is committed first, unless <paramref name="abort"/> comes.</summary>
    /// <param name="stop">Take no more.</param>
    /// <param name="abort">Break off.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        _commands.Open();
        _pulling.Interests.Add(_consumer.Types, _consumer.NeedsJson, _consumer.NeedsData);
        _pulling.Add(_cursor);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Enter(ShardState.Starting);
                await StartAsync(stop).ConfigureAwait(false);
                Enter(ShardState.CatchingUp);
                await DeliverAsync(stop, abort).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                await PauseAsync(e, stop).ConfigureAwait(false);
            }
        }

        await StopAsync(abort).ConfigureAwait(false);
        _pulling.Remove(_cursor);
        _pulling.Interests.Remove(_consumer.Types, _consumer.NeedsJson, _consumer.NeedsData);
        _commands.Close();
        Enter(ShardState.Stopped);
    }

    private async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        using var activity = TidemarkTelemetry.Activities.StartActivity("tidemark.handshake");
        activity?.SetTag("tidemark.shard", _shard.ToString());
        await HandshakeAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask HandshakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _consumer.AbandonAsync().ConfigureAwait(false);
            _durable = await _startPipeline.ExecuteAsync(
                static (consumer, ct) => consumer.HandshakeAsync(ct), _consumer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (OperationCanceledException or ConsumerException))
        {
            throw new ShardStartException(_shard, e);
        }

        _isUncertain = false;
        _lastToken = _durable;
        _cursor.MoveTo(_durable.After);
        Publish(_durable.After, new CommitCount(0, 0));
    }

    private async ValueTask DeliverAsync(CancellationToken stop, CancellationToken abort)
    {
        while (!stop.IsCancellationRequested)
        {
            await RunCommandsAsync(abort).ConfigureAwait(false);
            await TakeTurnAsync(stop, abort).ConfigureAwait(false);
            if (_cursor.HasMore)
            {
                await TryBatchAsync(stop, abort).ConfigureAwait(false);
            }
            else if (!HasTurn)
            {
                _wasLive = true;
                Enter(ShardState.Live);
                await WaitForMoreAsync(stop, abort).ConfigureAwait(false);
                if (_cursor.Gap > _pulling.PageEventsMax)
                    Enter(ShardState.CatchingUp);
            }
        }
    }

    // Progress past events that do not concern the shard is written late, and only if it moved: an idle shard writes nothing.
    private async ValueTask WaitForMoreAsync(CancellationToken stop, CancellationToken abort)
    {
        var (added, resumed, moved) = (_commands.Added, Tenants?.Resumed.Next, _consumer.Moved);
        if (_commands.HasAny || HasTurn)
            return;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var asked = Tenants is not { Behind.Count: > 0 } ? added : Task.WhenAny(added, TurnDueAsync(resumed, enough.Token));
        if (moved is not null)
            asked = Task.WhenAny(asked, moved);
        var more = _cursor.WaitAsync(enough.Token).AsTask();
        var due = _options.IdleProgressInterval - (_idleSince is { } since ? _time.GetElapsedTime(since) : TimeSpan.Zero);
        var syncs = _lastToken == _durable && _consumer.SyncInterval is not null;
        if (_lastToken == _durable && !syncs)
            await Task.WhenAny(more, asked).ConfigureAwait(false);
        else if (syncs || due > TimeSpan.Zero)
            await Task.WhenAny(more, asked, Task.Delay(syncs ? Jittered() : due, _time, enough.Token)).ConfigureAwait(false);
        var came = more.IsCompletedSuccessfully || asked.IsCompleted;
        await enough.CancelAsync().ConfigureAwait(false);
        await more.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.ThrowIfCancellationRequested();
        if ((!came && syncs) || moved is { IsCompleted: true })
            await SyncAsync(stop).ConfigureAwait(false);
        else if (came && _consumer.Linger > TimeSpan.Zero)
            await Task.Delay(_consumer.Linger, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else if (!came)
            await _batchPipeline.ExecuteAsync(static (agent, ct) => agent.CommitProgressAsync(ct), this, abort).ConfigureAwait(false);
    }

    // Up to a tenth early, so that many shards do not ask in step.
    private TimeSpan Jittered() => _consumer.SyncInterval!.Value * (0.9 + (0.1 * _random.NextDouble()));

    // The state sync: the same token moves nothing.
    private async ValueTask SyncAsync(CancellationToken cancellationToken)
    {
        if (await _consumer.SyncAsync(cancellationToken).ConfigureAwait(false) is { } token)
        {
            TidemarkTelemetry.Repositions.Add(1, Tag);
            await RepositionAsync(token, isExpected: false).ConfigureAwait(false);
        }
    }

    private ValueTask CommitProgressAsync(CancellationToken cancellationToken) =>
        _isUncertain ? ReconfirmAsync(cancellationToken) : CommitAsync(cancellationToken);

    private async ValueTask TryBatchAsync(CancellationToken stop, CancellationToken abort)
    {
        try
        {
            await _batchPipeline.ExecuteAsync(
                static (state, ct) => state.Agent.RunBatchAsync(state.Stop, ct), (Agent: this, Stop: stop), abort).ConfigureAwait(false);
            _limits.Passed(_cursor.Position);
        }
        catch (Exception e) when (e is not OperationCanceledException && _classifier.IsAboutEvents(e))
        {
            LogBatchFailed(_shard, _batch.Events, _batch.After.Value, e.Message);
            if (_limits.Failed(_batch.After, _batch.Reached, _batch.Events, ErrorClassifier.CulpritOf(e)))
            {
                if (!await TryLeaveAsync(_batch.Only!, e, abort).ConfigureAwait(false))
                    HandleBadEvent(_batch.Only!, e);
            }
            else if (_batch.Events == 0)
            {
                throw;
            }
        }
    }

    private void HandleBadEvent(RecordedEvent bad, Exception error)
    {
        var category = _classifier.CategorizeEvent(error);
        var action = _errors.For(category);
        if (action == ErrorAction.Pause)
            throw error is TidemarkException ? error : new ApplyEventException(_shard.Projection, bad, error);
        if (action == ErrorAction.Park && ParkedStreams >= _options.ParkedStreamsMax)
            throw new ParkedStreamsException(_shard, _options.ParkedStreamsMax, error);

        var state = action == ErrorAction.Park ? DeadLetterState.Parked : DeadLetterState.Skipped;
        _setAside[bad.Position] = DeadLetter.Of(_shard, ParkedEvent.Of(bad), category, error, attempts: 2, state);
        _limits.Reset();
        LogSetAside(_shard, action, bad.Id, bad.Position.Value, category, error);
    }

    private int ParkedStreams => _consumer.ParkedStreams + _setAside.Values.Count(l => l.State == DeadLetterState.Parked);

    private KeyValuePair<string, object?> Tag => new("tidemark.projection", _shard.Projection);
}
