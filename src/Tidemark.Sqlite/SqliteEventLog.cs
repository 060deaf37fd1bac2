using System.Data.Common;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Sqlite.Connections;
using Tidemark.Sqlite.Log;

namespace Tidemark.Sqlite;

/// <summary>The log in an SQLite file.</summary>
internal sealed class SqliteEventLog(SqliteDatabase database) : IEventLog
{
    // A page that few events match is cut here, so that a read neither keeps the write-ahead log alive for long nor is out of reach of
    // cancellation.
    private const long ScanMax = 200_000;

    /// <inheritdoc />
    public async ValueTask<AppendOutcome[]> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken)
    {
        CheckEvents(appends);
        if (appends.Count == 0)
            return [];
        return await database.Writer.WriteAsync(
            session =>
            {
                var appender = new Appender(session, database.Now);
                var outcomes = new AppendOutcome[appends.Count];
                var appended = false;
                for (var i = 0; i < outcomes.Length; i++)
                {
                    outcomes[i] = appender.Append(appends[i]);
                    appended |= outcomes[i].Status == AppendStatus.Appended;
                }

                return (outcomes, appended);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask<AppendOutcome[]> AppendAtomicallyAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken)
    {
        CheckEvents(appends);
        if (appends.Count == 0)
            return [];
        return await database.Writer.WriteAsync(session => AppendAll(session, appends), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask<AppendOutcome[]> AppendAsync(
        IStoreTransaction transaction, IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken)
    {
        CheckEvents(appends);
        if (appends.Count == 0)
            return [];
        return await SqliteDatabase.Of(transaction).RunAsync(session => AppendAsPart(session, appends), writes: true, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask<IStoreTransaction> BeginAsync(CancellationToken cancellationToken) =>
        await database.Writer.BeginAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc />
    public IStoreTransaction Lend(DbTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (transaction is not SqliteTransaction { Connection: { } connection } lent)
        {
            throw new ArgumentException(
                $"The transaction is a {transaction.GetType().FullName}, or has ended; this store takes an open " +
                $"Microsoft.Data.Sqlite.SqliteTransaction.", nameof(transaction));
        }

        database.CheckIsOf(connection);
        return new LentTransaction(database.Writer, lent);
    }

    /// <inheritdoc />
    public ValueTask<LogPage> ReadAsync(LogRead read, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(read.EventsMax, 1, nameof(read));
        return database.ReadAsync(session => ReadPage(session, read), cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamRead read, CancellationToken cancellationToken) =>
        database.ReadAsync(session => ReadStream(session, read), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(
        IStoreTransaction transaction, StreamRead read, CancellationToken cancellationToken) =>
        SqliteDatabase.Of(transaction).RunAsync(session => ReadStream(session, read), writes: false, cancellationToken);

    /// <inheritdoc />
    public ValueTask<StreamState?> FindStreamAsync(TenantId tenant, StreamId stream, CancellationToken cancellationToken) =>
        database.ReadAsync(
            session =>
            {
                using var row = session.Prepare(SqlText.FindStream).Bind(1, tenant.Value).Bind(2, stream.Value);
                return row.Step() ? new StreamState(tenant, stream, new(row.Int64(1)), row.Int64(2) != 0) : null;
            },
            cancellationToken);

    /// <inheritdoc />
    public ValueTask<RecordedEvent?> FindEventAsync(Guid id, CancellationToken cancellationToken) =>
        database.ReadAsync(
            session =>
            {
                using var row = session.Prepare(SqlText.FindEvent).Bind(1, id);
                return row.Step() ? EventRows.Read(session, row) : null;
            },
            cancellationToken);

    /// <inheritdoc />
    public ValueTask<Guid?> FindEventIdAsync(Position position, CancellationToken cancellationToken) =>
        database.ReadAsync(
            session =>
            {
                using var row = session.Prepare(SqlText.FindEventId).Bind(1, position.Value);
                return row.Step() ? row.Id(0) : (Guid?)null;
            },
            cancellationToken);

    /// <inheritdoc />
    public ValueTask<bool> HasSeveralTenantsAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            session =>
            {
                using var row = session.Prepare(SqlText.HasSeveralTenants);
                return row.Step() && row.Int64(0) != 0;
            },
            cancellationToken);

    /// <inheritdoc />
    public async ValueTask<Position> FindPositionBeforeAsync(DateTimeOffset moment, Position through, CancellationToken cancellationToken)
    {
        var last = await database.ReadAsync(LastPosition, cancellationToken).ConfigureAwait(false);
        var end = Math.Min(last, through.Value);
        for (var after = 0L; after < end; after += ScanMax)
        {
            var (from, to) = (after, Math.Min(end, after + ScanMax));
            var found = await database.ReadAsync(session => FindSince(session, from, to, moment), cancellationToken).ConfigureAwait(false);
            if (found > 0)
                return new Position(found - 1);
        }

        return through;
    }

    /// <inheritdoc />
    public ValueTask<bool> SetArchivedAsync(TenantId tenant, StreamId stream, bool archived, CancellationToken cancellationToken) =>
        database.Writer.WriteAsync(
            session =>
            {
                long key;
                using (var row = session.Prepare(SqlText.FindStream).Bind(1, tenant.Value).Bind(2, stream.Value))
                {
                    if (!row.Step())
                        return (false, false);
                    key = row.Int64(0);
                }

                session.Prepare(SqlText.SetArchived).Bind(1, tenant.Value).Bind(2, stream.Value).Bind(3, archived ? 1 : 0).Run();
                session.Prepare(SqlText.SetEventsArchived).Bind(1, key).Bind(2, archived ? 1 : 0).Run();
                return (true, true);
            },
            cancellationToken);

    /// <summary>The last committed position.</summary>
    internal static long LastPosition(SqliteSession session)
    {
        using var row = session.Prepare(SqlText.ReadHighWater);
        return row.Step() ? row.Int64(0) : 0;
    }

    private static void CheckEvents(IReadOnlyList<StreamAppend> appends)
    {
        ArgumentNullException.ThrowIfNull(appends);
        foreach (var append in appends)
        {
            if (append.Events.Length == 0)
                throw new ArgumentException($"The append to stream '{append.Stream}' has no events; it needs at least one.",
                    nameof(appends));
        }
    }

    private (AppendOutcome[] Outcomes, bool Commit) AppendAll(SqliteSession session, IReadOnlyList<StreamAppend> appends)
    {
        var appender = new Appender(session, database.Now);
        var outcomes = new AppendOutcome[appends.Count];
        for (var i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = appender.Append(appends[i]);
            if (!outcomes[i].IsStored)
                return (Refused(appender, appends, outcomes, i), false);
        }

        return (outcomes, true);
    }

    // Nothing is stored, so those that could have been stored say "conflict" too, with the version their stream keeps.
    private static AppendOutcome[] Refused(Appender appender, IReadOnlyList<StreamAppend> appends, AppendOutcome[] outcomes, int failed)
    {
        for (var i = 0; i < outcomes.Length; i++)
        {
            if (i < failed && outcomes[i].Status == AppendStatus.Appended)
                outcomes[i] = Conflict(new(outcomes[i].Version.Value - appends[i].Events.Length));
            else if (i > failed)
                outcomes[i] = appender.Check(appends[i], out var version) ?? Conflict(version);
        }

        return outcomes;

        static AppendOutcome Conflict(StreamVersion version) => new(AppendStatus.Conflict, version, default, default);
    }

    private AppendOutcome[] AppendAsPart(SqliteSession session, IReadOnlyList<StreamAppend> appends)
    {
        session.Prepare(SqlText.BeginSavepoint).Run();
        try
        {
            var (outcomes, keep) = AppendAll(session, appends);
            if (!keep)
                session.Prepare(SqlText.UndoSavepoint).Run();
            session.Prepare(SqlText.ReleaseSavepoint).Run();
            return outcomes;
        }
        catch
        {
            // A full disk, for instance, may have rolled the whole transaction back already; then there is no savepoint left to undo.
            if (session.InTransaction)
            {
                session.Prepare(SqlText.UndoSavepoint).Run();
                session.Prepare(SqlText.ReleaseSavepoint).Run();
            }

            throw;
        }
    }

    private static IReadOnlyList<RecordedEvent> ReadStream(SqliteSession session, StreamRead read)
    {
        var (lowest, highest) = read.Backwards ? (read.To, read.From) : (read.From, read.To);
        using var rows = session.Prepare(read.Backwards ? SqlText.ReadStreamBackwards : SqlText.ReadStreamForwards)
            .Bind(1, read.Tenant.Value).Bind(2, read.Stream.Value).Bind(3, lowest.Value).Bind(4, highest.Value).Bind(5, Math.Max(0,
                read.EventsMax));
        return EventRows.ReadAll(session, rows);
    }

    private static LogPage ReadPage(SqliteSession session, LogRead read)
    {
        var through = read.Through.Value;
        if (through - read.After.Value > ScanMax)
        {
            // Learnt before the page's snapshot: when the log ends inside the window, the page sees at least as much.
            var end = read.After.Value + ScanMax;
            if (LastPosition(session) > end)
                through = end;
        }

        using var rows = Query(session, read, through);
        var events = new List<RecordedEvent>(Math.Min(read.EventsMax, 1024));
        for (var bytes = 0L; events.Count < read.EventsMax && rows.Step();)
        {
            var read1 = EventRows.Read(session, rows);
            events.Add(read1);
            bytes += read1.Json.Length + rows.Utf8(7).Length;
            if (bytes >= read.BytesMax)
                return new LogPage(events, read1.Position);
        }

        return new LogPage(events, events.Count == read.EventsMax ? events[^1].Position : new Position(through));
    }

    private static Statement Query(SqliteSession session, LogRead read, long through)
    {
        var filter = read.Filter;
        if (filter is { Types: null, Tenants: null, Slots: null, ExceptTenants: null })
            return session.Prepare(SqlText.ReadPage).Bind(1, read.After.Value).Bind(2, through).Bind(3, read.EventsMax);
        var slots = filter.Slots ?? SlotRange.All;
        return session.Prepare(SqlText.ReadPageFiltered)
            .Bind(1, read.After.Value).Bind(2, through).Bind(3, read.EventsMax)
            .Bind(4, Json(filter.Types)).Bind(5, Json(filter.Tenants?.Select(t => t.Value)))
            .Bind(6, slots.First).Bind(7, slots.Last).Bind(8, Json(filter.ExceptTenants?.Select(t => t.Value)));
    }

    private static string? Json(IEnumerable<string>? names) =>
        names is null ? null : $"[{string.Join(',', names.Select(n => $"\"{JsonEncodedText.Encode(n)}\""))}]";

    private static long FindSince(SqliteSession session, long after, long through, DateTimeOffset moment)
    {
        using var row = session.Prepare(SqlText.FindPositionBefore).Bind(1, after).Bind(2, through).Bind(3, Microseconds.NotBefore(moment));
        return row.Step() ? row.Int64(0) : 0;
    }
}
