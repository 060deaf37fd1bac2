using Tidemark.Events;
using Tidemark.Telemetry;

namespace Tidemark.Shards;

/// <summary>Retries and discards: they run between batches, at the durable token, under the shard's fence.</summary>
internal sealed partial class ShardAgent
{
    /// <summary>
    /// Retries or discards a dead letter of this shard. A paused shard starts for it; one that cannot reach the database does so once it
    /// can.
    /// </summary>
    /// <param name="position">The dead letter's position.</param>
    /// <param name="discards">Give the event up, instead of trying it again.</param>
    /// <param name="late">Try it also when its stream has gone on without it.</param>
    /// <param name="cancellationToken">Ends the wait; the command may still take effect.</param>
    /// <exception cref="DeadLetterException">The command makes no sense, or the shard has stopped; nothing was changed.</exception>
    public async Task<DeadLetterOutcome> SettleAsync(Position position, bool discards, bool late, CancellationToken cancellationToken)
    {
        var command = new DeadLetterCommand(position, discards, late);
        _commands.Add(command);
        _resume.Fire();
        return await command.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask RunCommandsAsync(CancellationToken abort)
    {
        while (_commands.TryTake(out var command))
        {
            try
            {
                var outcome = await _batchPipeline.ExecuteAsync(
                    static (state, ct) => state.Agent.SettleAsync(state.Command, ct), (Agent: this, Command: command), abort)
                        .ConfigureAwait(false);
                LogSettled(
                    _shard, command.Position.Value, command.Discards ? "discarded" : "retried", outcome.EventsApplied,
                    outcome.Failed?.Position.Value);
                command.End(outcome);
            }
            catch (DeadLetterException e)
            {
                command.Fail(e);
            }
            catch (Exception e)
            {
                command.Fail(e);
                throw;
            }
        }
    }

    private async ValueTask<DeadLetterOutcome> SettleAsync(DeadLetterCommand command, CancellationToken cancellationToken)
    {
        // No event of a batch is at fault when this fails.
        _batch = default;
        if (_isUncertain)
            await ReconfirmAsync(cancellationToken).ConfigureAwait(false);
        if (_lastToken != _durable)
            await CommitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _isUncertain = true;
            var outcome = await _consumer.SettleAsync(command, _classifier, cancellationToken).ConfigureAwait(false);
            _isUncertain = false;
            TidemarkTelemetry.EventsProcessed.Add(outcome.EventsApplied, Tag);
            Publish(_durable.After, new CommitCount(outcome.EventsApplied, 0));
            return outcome;
        }
        catch
        {
            await _consumer.AbandonAsync().ConfigureAwait(false);
            throw;
        }
    }
}
