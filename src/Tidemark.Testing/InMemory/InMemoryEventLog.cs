using System.Data.Common;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Testing.InMemory;

/// <summary>The log in memory.</summary>
internal sealed class InMemoryEventLog(MemoryDatabase database, TimeProvider time) : IEventLog
{
    public ValueTask<AppendOutcome[]> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken) =>
        database.ChangeAsync(state => MemoryAppend.Each(state, appends, time.GetUtcNow()), cancellationToken);

    public ValueTask<AppendOutcome[]> AppendAtomicallyAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken) =>
        database.ChangeAsync(state => MemoryAppend.All(state, appends, time.GetUtcNow()), cancellationToken);

    public ValueTask<AppendOutcome[]> AppendAsync(
        IStoreTransaction transaction, IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var own = MemoryTransaction.Of(database, transaction);
        return ValueTask.FromResult(own.Change(state => MemoryAppend.All(state, appends, time.GetUtcNow())));
    }

    public async ValueTask<IStoreTransaction> BeginAsync(CancellationToken cancellationToken) =>
        await database.BeginAsync(cancellationToken).ConfigureAwait(false);

    public IStoreTransaction Lend(DbTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        throw new ArgumentException(
            $"The in-memory store has no ADO.NET transactions and cannot take part in a {transaction.GetType().Name}. "
            + "Begin one with BeginAsync, or use SQLite or PostgreSQL.",
            nameof(transaction));
    }

    public ValueTask<LogPage> ReadAsync(LogRead read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfLessThan(read.EventsMax, 1);
        var state = database.Committed;
        var events = new List<RecordedEvent>();
        long bytes = 0;
        for (var i = read.After.Value; i < Math.Min(state.Events.Count, read.Through.Value); i++)
        {
            var stored = state.Events[(int)i];
            if (state.IsArchived(stored) || stored.ToRecorded() is var recorded && !read.Filter.Matches(recorded))
                continue;
            events.Add(recorded);
            bytes += stored.Encoded.Bytes;
            if (events.Count == read.EventsMax || bytes >= read.BytesMax)
                return ValueTask.FromResult(new LogPage(events, stored.Position));
        }

        return ValueTask.FromResult(new LogPage(events, read.Through));
    }

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamRead read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(ReadStream(database.Committed, read));
    }

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(
        IStoreTransaction transaction, StreamRead read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(MemoryTransaction.Of(database, transaction).Change(state => (state, ReadStream(state, read))));
    }

    public ValueTask<StreamState?> FindStreamAsync(TenantId tenant, StreamId stream, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var row = database.Committed.Streams.GetValueOrDefault((tenant, stream));
        return ValueTask.FromResult(row is null ? null : new StreamState(tenant, stream, row.Version, row.IsArchived));
    }

    public ValueTask<RecordedEvent?> FindEventAsync(Guid id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var state = database.Committed;
        return ValueTask.FromResult(state.Ids.TryGetValue(id, out var index) ? state.Events[index].ToRecorded() : null);
    }

    public ValueTask<Guid?> FindEventIdAsync(Position position, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var state = database.Committed;
        return ValueTask.FromResult(
            position.Value >= 1 && position <= state.Last ? state.Events[(int)position.Value - 1].Encoded.Id : (Guid?)null);
    }

    public ValueTask<bool> HasSeveralTenantsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(database.Committed.Streams.Keys.Select(s => s.Tenant).Distinct().Skip(1).Any());
    }

    public ValueTask<Position> FindPositionBeforeAsync(DateTimeOffset moment, Position through, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var state = database.Committed;
        for (var i = 0; i < Math.Min(state.Events.Count, through.Value); i++)
        {
            if (state.Events[i].RecordedAt >= moment)
                return ValueTask.FromResult(new Position(i));
        }

        return ValueTask.FromResult(through);
    }

    public ValueTask<bool> SetArchivedAsync(TenantId tenant, StreamId stream, bool archived, CancellationToken cancellationToken) =>
        database.ChangeAsync(
            state => state.Streams.TryGetValue((tenant, stream), out var row)
                ? (state with { Streams = state.Streams.SetItem((tenant, stream), row with { IsArchived = archived }) }, true)
                : (state, false),
            cancellationToken);

    private static IReadOnlyList<RecordedEvent> ReadStream(MemoryState state, StreamRead read)
    {
        var events = new List<RecordedEvent>();
        if (!state.Streams.TryGetValue((read.Tenant, read.Stream), out var stream))
            return events;

        var step = read.Backwards ? -1 : 1;
        var last = read.Backwards ? Math.Max(read.To.Value, 1) : Math.Min(read.To.Value, stream.Version.Value);
        var version = read.Backwards ? Math.Min(read.From.Value, stream.Version.Value) : Math.Max(read.From.Value, 1);
        for (; events.Count < read.EventsMax && (last - version) * step >= 0; version += step)
            events.Add(state.Events[stream.Indexes[(int)version - 1]].ToRecorded());
        return events;
    }
}
