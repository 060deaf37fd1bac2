using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Testing.InMemory;

/// <summary>
/// What appends do to a state. The order of the questions: are these very events stored already (a repeated call gets its first answer,
/// whatever has happened to the stream since), do the ids belong to others, is the stream archived, is it as expected.
/// </summary>
internal static class MemoryAppend
{
    /// <summary>Each append by itself.</summary>
    public static (MemoryState State, AppendOutcome[] Outcomes) Each(
        MemoryState state, IReadOnlyList<StreamAppend> appends, DateTimeOffset now)
    {
        Check(appends);
        var outcomes = new AppendOutcome[appends.Count];
        for (var i = 0; i < appends.Count; i++)
            (state, outcomes[i]) = One(state, appends[i], now);
        return (state, outcomes);
    }

    /// <summary>All or none. After a failure, an append that could have been stored answers "conflict".</summary>
    public static (MemoryState State, AppendOutcome[] Outcomes) All(
        MemoryState state, IReadOnlyList<StreamAppend> appends, DateTimeOffset now)
    {
        var (next, outcomes) = Each(state, appends, now);
        if (outcomes.All(o => o.IsStored))
            return (next, outcomes);

        for (var i = 0; i < outcomes.Length; i++)
        {
            if (outcomes[i].Status == AppendStatus.Appended)
                outcomes[i] = new(AppendStatus.Conflict, state.VersionOf(appends[i].Tenant, appends[i].Stream), default, default);
        }

        return (state, outcomes);
    }

    private static (MemoryState State, AppendOutcome Outcome) One(MemoryState state, StreamAppend append, DateTimeOffset now)
    {
        if (FindStored(state, append) is { } stored)
            return (state, stored);

        var stream = state.Streams.GetValueOrDefault((append.Tenant, append.Stream)) ?? new(default, IsArchived: false);
        if (stream.IsArchived)
            return (state, new(AppendStatus.Archived, stream.Version, default, default));
        if (!append.Expected.IsMetBy(stream.Version))
            return (state, new(AppendStatus.Conflict, stream.Version, default, default));
        return Store(state, stream, append, now);
    }

    private static AppendOutcome? FindStored(MemoryState state, StreamAppend append)
    {
        var indexes = append.Events.Select(e => state.Ids.GetValueOrDefault(e.Id, -1)).ToArray();
        var unique = append.Events.DistinctBy(e => e.Id).Count() == append.Events.Length;
        if (unique && indexes.All(i => i < 0))
            return null;

        var first = indexes[0] < 0 ? null : state.Events[indexes[0]];
        for (var i = 0; i < indexes.Length; i++)
        {
            var there = indexes[i] < 0 ? null : state.Events[indexes[i]];
            if (first is null || there is null || !there.IsOf(append) || there.Version.Value != first.Version.Value + i)
                return new(AppendStatus.IdConflict, state.VersionOf(append.Tenant, append.Stream), default, default);
        }

        var last = state.Events[indexes[^1]];
        return new(AppendStatus.AlreadyAppended, last.Version, first!.Position, last.Position);
    }

    private static (MemoryState State, AppendOutcome Outcome) Store(
        MemoryState state, MemoryStreamRow stream, StreamAppend append, DateTimeOffset now)
    {
        var first = new Position(state.Last.Value + 1);
        var (log, ids, indexes) = (state.Events, state.Ids.ToBuilder(), stream.Indexes);
        foreach (var encoded in append.Events)
        {
            var index = log.Count;
            indexes = indexes.Add(index);
            ids.Add(encoded.Id, index);
            log = log.Add(new(new(index + 1), append.Tenant, append.Stream, new(indexes.Count), encoded, now, append.Slot));
        }

        var next = state with
        {
            Events = log,
            Ids = ids.ToImmutable(),
            Streams = state.Streams.SetItem((append.Tenant, append.Stream), stream with { Indexes = indexes }),
        };
        return (next, new(AppendStatus.Appended, new(indexes.Count), first, next.Last));
    }

    private static void Check(IReadOnlyList<StreamAppend> appends)
    {
        ArgumentNullException.ThrowIfNull(appends);
        if (appends.Any(a => a.Events.Length == 0))
            throw new ArgumentException("An append has at least one event.", nameof(appends));
        if (appends.DistinctBy(a => (a.Tenant, a.Stream)).Count() != appends.Count)
            throw new ArgumentException("A call has at most one append per stream.", nameof(appends));
    }
}
