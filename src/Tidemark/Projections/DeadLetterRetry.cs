using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>
/// Tries a dead letter again, or gives it up, and with it the queue of its stream. As many events as can are applied in one commit that
/// also takes them out of the queue; the first one that fails becomes the dead letter that the others wait behind. When the error names
/// its event that is two tries; when it does not, the tries are halved until one event is left.
/// </summary>
internal sealed class DeadLetterRetry(
    ShardName shard,
    Applier applier,
    ApplierContext context,
    IDeadLetterStore letters,
    Func<RecordedEvent, bool> concerns,
    Func<DeadLetterRetry.Step, CancellationToken, ValueTask> commit)
{
    private const int PageEvents = 500;

    // Of the try under way: the positions of its events.
    private readonly List<long> _tried = [];

    /// <summary>One commit of a retry.</summary>
    /// <param name="Events">Events that take effect.</param>
    /// <param name="Taken">What is taken out of the queue; null for nothing.</param>
    /// <param name="Letters">Dead letters to write.</param>
    internal sealed record Step(int Events, ParkedStreamStep? Taken, IReadOnlyList<DeadLetter> Letters);

    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="DeadLetterException">The command makes no sense; nothing was changed.</exception>
    public async ValueTask<DeadLetterOutcome> RunAsync(
        DeadLetterCommand command, ErrorClassifier errors, CancellationToken cancellationToken)
    {
        var letter = await letters.FindAsync(shard.Projection, shard.Generation, command.Position, cancellationToken).ConfigureAwait(false);
        if (command.Found is { } found && letter?.State != found.State)
            return new(0, await FindHeadAsync(found, cancellationToken).ConfigureAwait(false));
        command.Found = letter ?? throw new DeadLetterException(
            $"Projection '{shard.Projection}' (generation {shard.Generation}) has no dead letter at position {command.Position}. " +
            "Name the position of a dead letter, as ReadDeadLettersAsync and ReadParkedStreamsAsync list them.");
        Check(letter, command);
        if (command.Discards && letter.State == DeadLetterState.Skipped)
        {
            await commit(new(0, null, [letter with { State = DeadLetterState.Discarded }]), cancellationToken).ConfigureAwait(false);
            return new(0, null);
        }

        applier.AppliesLate = true;
        try
        {
            return await RunQueueAsync(letter, command.Discards, errors, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            applier.AppliesLate = false;
        }
    }

    private static void Check(DeadLetter letter, DeadLetterCommand command)
    {
        var what = $"The dead letter at position {letter.Position} of projection '{letter.Shard.Projection}'";
        if (letter.State is not (DeadLetterState.Skipped or DeadLetterState.Parked))
        {
            var state = letter.State == DeadLetterState.Discarded ? "discarded" : "superseded by a rebuild";
            throw new DeadLetterException($"{what} was {state} already. A rebuild applies its event again.");
        }

        if (letter.State == DeadLetterState.Skipped && !command.Discards && !command.Late)
            throw new DeadLetterException(
                $"{what} was skipped: later events of stream '{letter.Stream}' may have taken effect without it. Say that it may be " +
                "applied late, after them, or rebuild the projection, which applies it in its place.");
    }

    // A former try of the same command settled the letter, and its answer was lost.
    private async ValueTask<DeadLetter?> FindHeadAsync(DeadLetter found, CancellationToken cancellationToken)
    {
        var head = await letters.FindParkedAsync(shard.Projection, shard.Generation, found.Tenant, found.Stream, cancellationToken)
            .ConfigureAwait(false);
        return found.State == DeadLetterState.Parked && head is { } position
            ? await letters.FindAsync(shard.Projection, shard.Generation, position, cancellationToken).ConfigureAwait(false)
            : null;
    }

    private async ValueTask<DeadLetterOutcome> RunQueueAsync(
        DeadLetter letter, bool discards, ErrorClassifier errors, CancellationToken cancellationToken)
    {
        long applied = 0;
        var eventsMax = int.MaxValue;
        var isFound = false;
        Exception? because = null;
        while (true)
        {
            try
            {
                var next = await ApplyAsync(letter, discards, eventsMax, cancellationToken).ConfigureAwait(false);
                var head = next is null ? null : HeadOf(letter, next, errors.CategorizeEvent(because!), because!);
                await commit(StepOf(letter, discards, head), cancellationToken).ConfigureAwait(false);
                applied += _tried.Count;
                if (head is null || isFound)
                    return new(applied, head);
                (letter, discards, eventsMax) = (head, false, int.MaxValue);
            }
            catch (Exception e) when (e is not OperationCanceledException && _tried.Count > 0 && errors.IsAboutEvents(e))
            {
                await applier.AbandonAsync().ConfigureAwait(false);
                applier.Begin(isEmpty: false);
                var culprit = _tried.Count == 1 ? 0 : _tried.BinarySearch(ErrorClassifier.CulpritOf(e)?.Value ?? -1);
                isFound = culprit >= 0;
                eventsMax = isFound ? culprit : _tried.Count / 2;
                because = e;
            }
        }
    }

    // Applies the letter's event, unless it is given up, and those that wait behind it. Returns the first one that is left; null for none.
    private async ValueTask<ParkedEvent?> ApplyAsync(DeadLetter letter, bool discards, int eventsMax, CancellationToken cancellationToken)
    {
        _tried.Clear();
        List<ParkedEvent> page = discards ? [] : [ParkedEvent.Of(letter)];
        var after = letter.Position;
        while (true)
        {
            var queue = letter.State == DeadLetterState.Skipped
                ? []
                : await letters.ReadQueueAsync(
                    shard.Projection, shard.Generation, letter.Tenant, letter.Stream, after, PageEvents, cancellationToken)
                        .ConfigureAwait(false);
            page.AddRange(queue);
            var left = eventsMax - _tried.Count;
            await ApplyAsync(page.Count > left ? page[..left] : page, cancellationToken).ConfigureAwait(false);
            if (page.Count > left)
                return page[left];
            if (queue.Count < PageEvents)
                return null;
            after = queue[^1].Position;
            page.Clear();
        }
    }

    private async ValueTask ApplyAsync(List<ParkedEvent> page, CancellationToken cancellationToken)
    {
        if (page.Count == 0)
            return;
        var stored = await ReadAsync(page, cancellationToken).ConfigureAwait(false);
        var relevant = new List<RecordedEvent>(page.Count);
        foreach (var waiting in page)
        {
            if (!stored.TryGetValue(waiting.EventId, out var e))
                throw new DeadLetterException(
                    $"Event {waiting.EventId} at position {waiting.Position} (stream '{waiting.Stream}', version {waiting.Version}) " +
                    $"waits in the queue of projection '{shard.Projection}', but is no longer in the log. Rebuild the projection.");
            _tried.Add(e.Position.Value);
            e.Decode(context.Types, applier.NeedsJson);
            if (applier.NeedsData && e.DecodeError is { } error)
                throw error;
            if (concerns(e))
                relevant.Add(e);
        }

        if (relevant.Count > 0)
            await applier.ApplyAsync(relevant, cancellationToken).ConfigureAwait(false);
    }

    // The stream is read whole between the first and the last, archived or not; what is not asked for is left out.
    private async ValueTask<Dictionary<Guid, RecordedEvent>> ReadAsync(List<ParkedEvent> page, CancellationToken cancellationToken)
    {
        var asked = page.Select(p => p.EventId).ToHashSet();
        var found = new Dictionary<Guid, RecordedEvent>(page.Count);
        var (from, to) = (page[0].Version, page[^1].Version);
        while (true)
        {
            var read = await context.Log.ReadStreamAsync(
                new(page[0].Tenant, page[0].Stream, from, to, Backwards: false, PageEvents), cancellationToken).ConfigureAwait(false);
            foreach (var e in read.Where(e => asked.Contains(e.Id)))
                found.Add(e.Id, e);
            if (read.Count < PageEvents)
                return found;
            from = new(read[^1].Version.Value + 1);
        }
    }

    private DeadLetter HeadOf(DeadLetter letter, ParkedEvent next, ErrorCategory category, Exception because) =>
        next.Position == letter.Position
            ? (letter with { Attempts = letter.Attempts + 1 }).Because(category, because)
            : DeadLetter.Of(shard, next, category, because, attempts: 1, DeadLetterState.Parked);

    // What one commit does: it takes the letter and what was applied out of the queue, up to the new head.
    private Step StepOf(DeadLetter letter, bool discards, DeadLetter? head)
    {
        if (head?.Position == letter.Position)
            return new(0, null, [head]);
        var isParked = letter.State == DeadLetterState.Parked;
        var taken = new ParkedStreamStep(
            shard.Projection, shard.Generation, letter.Tenant, letter.Stream, discards ? null : letter.Position,
            isParked ? head?.Position ?? Position.Max : Position.Beginning, Rejoins: isParked && head is null);
        DeadLetter[] written = discards ? [letter with { State = DeadLetterState.Discarded }] : [];
        return new(_tried.Count, taken, head is null ? written : [.. written, head]);
    }
}
