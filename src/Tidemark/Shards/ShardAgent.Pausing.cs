using Tidemark.Events;
using Tidemark.Telemetry;

namespace Tidemark.Shards;

/// <summary>The agent's pauses, its end, and what it shows of itself.</summary>
internal sealed partial class ShardAgent
{
    private async ValueTask PauseAsync(Exception error, CancellationToken stop)
    {
        var outage = _classifier.IsOutage(error);
        var category = _classifier.Categorize(error);
        var pause = _pauses.Failed(outage);
        if (error is ConsumerException { Pause: { } asked })
            pause = asked;
        var now = _time.GetUtcNow();
        var resume = error is ConsumerException { Until: { } until } ? Task.WhenAny(_resume.Next, until) : _resume.Next;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var several = Tenants is not null && _classifier.IsAboutEvents(error) ? Tenants.UntilSeveralAsync(end.Token) : null;
        if (several is not null)
            resume = Task.WhenAny(resume, several);

        // A command that came before the pause ends it too, but each ends one pause only.
        if (_commands.TakeNews())
            resume = Task.CompletedTask;
        TidemarkTelemetry.ShardErrors.Add(1, Tag, new("error.type", category.ToString()));
        if (category == ErrorCategory.Fenced)
            TidemarkTelemetry.FencedWrites.Add(1, Tag);
        _status = _status with { Error = new ShardError(category, error, _status.Error?.Since ?? now, _pauses.Failures, now + pause) };
        Enter(ShardState.Paused);
        if (category == ErrorCategory.NoConsumer)
            LogWaits(_shard, error.Message);
        else if (_pauses.Failures == 1)
            LogPaused(_shard, category, pause, error);
        else
            LogStillPaused(_shard, category, pause, error.Message);

        await WaitAsync(resume, pause, stop).ConfigureAwait(false);
        while (outage && !resume.IsCompleted && !stop.IsCancellationRequested && !await IsBackAsync(stop).ConfigureAwait(false))
            await WaitAsync(resume, TimeSpan.FromMilliseconds(Math.Min(1000, pause.TotalMilliseconds)), stop).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
        if (several is not null)
            await several.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (category is ErrorCategory.Serialization or ErrorCategory.UnknownType && ErrorClassifier.CulpritOf(error) is { } culprit)
            _pulling.Discard(culprit);
    }

    private async ValueTask WaitAsync(Task resume, TimeSpan pause, CancellationToken stop)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(resume, Task.Delay(pause, _time, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
    }

    private async ValueTask<bool> IsBackAsync(CancellationToken stop)
    {
        try
        {
            await _highWater.RefreshAsync(stop).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (_classifier.IsOutage(e) || e is OperationCanceledException)
        {
            return false;
        }
    }

    private async ValueTask StopAsync(CancellationToken abort)
    {
        try
        {
            if (_lastToken != _durable && !_isUncertain && !abort.IsCancellationRequested && _status.State != ShardState.Paused)
                await _stopPipeline.ExecuteAsync(static (agent, ct) => agent.CommitAsync(ct), this, abort).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogStopFailed(_shard, new ShardStopException(_shard, e));
        }

        await _consumer.AbandonAsync().ConfigureAwait(false);
    }

    private void Enter(ShardState next)
    {
        var state = _status.State;
        if (next is ShardState.Live or ShardState.CatchingUp)
            _consumer.Show(next == ShardState.Live, _cursor.Position);
        if (state == next)
            return;
        if (!ShardTransitions.Allows(state, next))
            throw new InvalidOperationException($"Shard {_shard} cannot go from {state} to {next}.");
        if (next == ShardState.Paused)
            _cursor.IsOutOfStep = true;
        _status = _status with { State = next, Error = next is ShardState.Live ? null : _status.Error };
        LogState(_shard, state, next);
        Changed.Fire();
    }

    private void Publish(Position position, CommitCount count)
    {
        var status = _status;
        _status = status with
        {
            Position = position,
            EventsProcessed = status.EventsProcessed + count.Events,
            DeadLetters = status.DeadLetters + count.DeadLetters,
            ParkedStreams = _consumer.ParkedStreams,
            TenantsBehind = Tenants?.Behind ?? [],
            Error = count.Events > 0 ? null : status.Error,
        };
        Changed.Fire();
    }
}
