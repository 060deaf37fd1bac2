using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.Hosting;

/// <summary>What an operator does about dead letters and parked streams.</summary>
public abstract partial class DatabaseDaemon
{
    /// <summary>Reads the streams that wait behind a dead letter, in the order of its position, with the length of their queues.</summary>
    /// <param name="projection">Only those of this projection; null for all.</param>
    /// <param name="after">Only those whose dead letter stands after this position.</param>
    /// <param name="countMax">How many at most; the others of the last one's position come with it.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public async Task<IReadOnlyList<ParkedStream>> ReadParkedStreamsAsync(
        string? projection = null, Position after = default, int countMax = 100, CancellationToken cancellationToken = default) =>
        await _database.Storage.DeadLetters.ReadParkedAsync(projection, after, countMax, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Tries a dead letter again. A parked stream's whole queue runs behind it, in order; when all of it succeeds, the effects are written,
    /// the dead letter and the queue removed, and the stream rejoins, in one transaction. When an event fails again, those before it have
    /// taken effect and it is the dead letter now. Runs between the shard's batches, so events of the stream that arrive meanwhile keep
    /// their place; a paused shard starts for it.
    /// </summary>
    /// <param name="projection">The projection's name.</param>
    /// <param name="position">The dead letter's position.</param>
    /// <param name="late">
    /// Needed for a dead letter that was skipped: its stream went on without it, and it is applied now, after those later events. Order is
    /// not kept then.
    /// </param>
    /// <param name="cancellationToken">Ends the wait; the retry may still take effect.</param>
    /// <exception cref="DeadLetterException">There is nothing to retry, or not like this; the message says why.</exception>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    /// <remarks>
    /// Another error means that the commit failed and the shard pauses; whether the retry took effect shows in <see
    /// cref="ReadDeadLettersAsync"/>. During a rebuild, the live generation's dead letter comes first; ask again for the other one's.
    /// </remarks>
    public Task<DeadLetterOutcome> RetryDeadLetterAsync(
        string projection, Position position, bool late = false, CancellationToken cancellationToken = default) =>
        SettleAsync(projection, position, discards: false, late, cancellationToken);

    /// <summary>
    /// Gives a dead letter up: its event never takes effect in this generation, and its record stays, as <see
    /// cref="DeadLetterState.Discarded"/>. The queue of its stream then runs as in <see cref="RetryDeadLetterAsync"/>.
    /// </summary>
    /// <param name="projection">The projection's name.</param>
    /// <param name="position">The dead letter's position.</param>
    /// <param name="cancellationToken">Ends the wait; the discard may still take effect.</param>
    /// <exception cref="DeadLetterException">There is nothing to discard; the message says why.</exception>
    /// <exception cref="InvalidOperationException">The daemon does not run in this process.</exception>
    public Task<DeadLetterOutcome> DiscardDeadLetterAsync(
        string projection, Position position, CancellationToken cancellationToken = default) =>
        SettleAsync(projection, position, discards: true, late: false, cancellationToken);

    private async Task<DeadLetterOutcome> SettleAsync(
        string projection, Position position, bool discards, bool late, CancellationToken cancellationToken)
    {
        var wanted = Async(projection);
        var run = Running();
        var live = run.Host.LiveOf(wanted.Name)?.Generation;
        var generations = run.Leases.Select(l => l.Shard).Where(s => s.Projection == wanted.Name).Select(s => s.Generation).Distinct()
            .OrderByDescending(g => g == live);
        foreach (var generation in generations.ToArray())
        {
            var letter = await _database.Storage.DeadLetters.FindAsync(projection, generation, position, cancellationToken)
                .ConfigureAwait(false);
            if (letter is null)
                continue;
            var slot = Slot.Of(letter.Tenant, letter.Stream);
            while (await AgentAsync(run, IsKeeper, cancellationToken).ConfigureAwait(false) is { } agent)
            {
                try
                {
                    return await agent.SettleAsync(position, discards, late, cancellationToken).ConfigureAwait(false);
                }
                catch (DeadLetterException) when (agent.Status.State == ShardState.Stopped)
                {
                    // Nothing was changed; it may be about to start again, here or elsewhere.
                    await EndedAsync(run, agent, cancellationToken).ConfigureAwait(false);
                }
            }

            bool IsKeeper(ShardName shard) =>
                shard.Database == Database && shard.Projection == projection && shard.Generation == generation
                && shard.Slots.Contains(slot);
        }

        throw new DeadLetterException(
            $"No shard of projection '{projection}' on this node has a dead letter at position {position}. Name the position of a " +
            "dead letter, as ReadDeadLettersAsync and ReadParkedStreamsAsync list them, and ask where the shard runs.");
    }

    // The agent of a shard that belongs to this node, which may be about to start; null when another node is to run it.
    private static async Task<ShardAgent?> AgentAsync(DatabaseRun run, Func<ShardName, bool> isWanted, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, run.Stop);
        while (true)
        {
            var (changed, book) = (run.Host.ShardsChanged.Next, run.Node.BookChanged.Next);
            if (run.Host.Agents.FirstOrDefault(a => isWanted(a.Name)) is { } agent)
                return agent;
            if (!run.Node.Book.Plan.Placed.Any(p => isWanted(p.Key) && p.Value == run.Node.Id))
                return null;
            await ((Task)Task.WhenAny(changed, book)).WaitAsync(end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ThrowIfOver(run, cancellationToken);
        }
    }

    private static async Task EndedAsync(DatabaseRun run, ShardAgent agent, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, run.Stop);
        while (true)
        {
            var changed = run.Host.ShardsChanged.Next;
            if (run.Host.Find(agent.Name) != agent)
                return;
            await changed.WaitAsync(end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ThrowIfOver(run, cancellationToken);
        }
    }

    private static void ThrowIfOver(DatabaseRun run, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (run.Stop.IsCancellationRequested)
            throw new DeadLetterException("The daemon has stopped on this node; nothing was changed. Ask again where it runs.");
    }
}
