using System.Collections.Immutable;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Shards;

namespace Tidemark.Testing.InMemory;

/// <summary>Writes dead letters, parks streams and settles them.</summary>
internal static class MemoryParking
{
    public static MemoryState Write(MemoryState state, ReadModelCommit commit, DateTimeOffset now)
    {
        if (commit.ParkedStep is { } step)
            state = Take(state, step);
        foreach (var letter in commit.DeadLetters)
            state = Write(state, letter, now);
        foreach (var waiting in commit.ParkedEvents)
            state = Write(state, commit.Move!.Shard, waiting);
        return state;
    }

    /// <summary>Drops what waits in a retired generation.</summary>
    public static MemoryState Delete(MemoryState state, string projection, int generation) => state with
    {
        Queues = state.Queues.RemoveRange(state.Queues.Keys.Where(q => q.Projection == projection && q.Generation == generation)),
        DeadLetters = state.DeadLetters.SetItems(state.DeadLetters
            .Where(l => l.Key.Projection == projection && l.Key.Generation == generation
                && l.Value.State is DeadLetterState.Skipped or DeadLetterState.Parked)
            .Select(l => KeyValuePair.Create(l.Key, l.Value with { State = DeadLetterState.Superseded }))),
    };

    private static MemoryState Take(MemoryState state, ParkedStreamStep step)
    {
        var key = new MemoryQueueKey(step.Projection, step.Generation, step.Tenant, step.Stream);
        if (step.Letter is { } letter)
            state = state with { DeadLetters = state.DeadLetters.Remove((step.Projection, step.Generation, letter)) };
        if (!state.Queues.TryGetValue(key, out var queue))
            return state;
        var left = queue.Events.RemoveRange(queue.Events.Keys.Where(p => p <= step.Through));
        return state with
        {
            Queues = step.Rejoins ? state.Queues.Remove(key) : state.Queues.SetItem(key, queue with { Events = left }),
        };
    }

    private static MemoryState Write(MemoryState state, DeadLetter letter, DateTimeOffset now)
    {
        var key = (letter.Shard.Projection, letter.Shard.Generation, letter.Position);
        var first = state.DeadLetters.TryGetValue(key, out var stored) ? stored.FirstFailedAt : now;
        state = state with
        {
            DeadLetters = state.DeadLetters.SetItem(key, letter with { RecordedAt = now, FirstFailedAt = first }),
        };
        if (letter.State != DeadLetterState.Parked)
            return state;
        var stream = new MemoryQueueKey(letter.Shard.Projection, letter.Shard.Generation, letter.Tenant, letter.Stream);
        var queue = state.Queues.TryGetValue(stream, out var parked)
            ? parked with { Position = letter.Position }
            : new(letter.Position, now, ImmutableSortedDictionary<Tidemark.Events.Position, ParkedEvent>.Empty);
        return state with { Queues = state.Queues.SetItem(stream, queue) };
    }

    private static MemoryState Write(MemoryState state, ShardName shard, ParkedEvent waiting)
    {
        var key = new MemoryQueueKey(shard.Projection, shard.Generation, waiting.Tenant, waiting.Stream);
        var queue = state.Queues[key];
        return state with
        {
            Queues = state.Queues.SetItem(key, queue with { Events = queue.Events.SetItem(waiting.Position, waiting) }),
        };
    }
}
