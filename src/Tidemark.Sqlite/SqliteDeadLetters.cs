using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite;

/// <summary>Dead letters and parked streams in an SQLite file; the commit of a read model writes them.</summary>
internal sealed class SqliteDeadLetters(SqliteDatabase database) : IDeadLetterStore
{
    /// <inheritdoc />
    public ValueTask<IReadOnlyList<DeadLetter>> ReadAsync(
        string? projection, Position after, int countMax, CancellationToken cancellationToken) =>
        RowsAsync(
            session => session.Prepare(SqlText.ReadDeadLetters).Bind(1, projection).Bind(2, after.Value).Bind(3, Math.Max(0, countMax)),
            Read,
            cancellationToken);

    /// <inheritdoc />
    public async ValueTask<DeadLetter?> FindAsync(
        string projection, int generation, Position position, CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(
            session => session.Prepare(SqlText.FindDeadLetter).Bind(1, projection).Bind(2, generation).Bind(3, position.Value),
            Read,
            cancellationToken).ConfigureAwait(false);
        return rows.SingleOrDefault();
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<ParkedStream>> ReadParkedAsync(
        string? projection, Position after, int countMax, CancellationToken cancellationToken) =>
        RowsAsync(
            session => session.Prepare(SqlText.ReadParkedStreams).Bind(1, projection).Bind(2, after.Value).Bind(3, Math.Max(0, countMax)),
            row => new ParkedStream(
                row.Text(0), (int)row.Int64(1), TenantId.Trusted(row.Text(2)), StreamId.Trusted(row.Text(3)), new(row.Int64(4)),
                row.Int64(6), Microseconds.ToMoment(row.Int64(5))),
            cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<(TenantId Tenant, StreamId Stream)>> LoadParkedAsync(
        ShardName shard, int countMax, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shard);
        return RowsAsync(
            session => session.Prepare(SqlText.LoadParkedStreams)
                .Bind(1, shard.Projection).Bind(2, shard.Generation).Bind(3, shard.Slots.First).Bind(4, shard.Slots.Last)
                .Bind(5, Math.Max(0, countMax)),
            row => (TenantId.Trusted(row.Text(0)), StreamId.Trusted(row.Text(1))),
            cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<Position?> FindParkedAsync(
        string projection, int generation, TenantId tenant, StreamId stream, CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(
            session => session.Prepare(SqlText.FindParkedStream)
                .Bind(1, projection).Bind(2, generation).Bind(3, tenant.Value).Bind(4, stream.Value),
            row => new Position(row.Int64(0)),
            cancellationToken).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<ParkedEvent>> ReadQueueAsync(
        string projection, int generation, TenantId tenant, StreamId stream, Position after, int countMax,
        CancellationToken cancellationToken) =>
        RowsAsync(
            session => session.Prepare(SqlText.ReadParkedEvents)
                .Bind(1, projection).Bind(2, generation).Bind(3, tenant.Value).Bind(4, stream.Value).Bind(5, after.Value)
                .Bind(6, Math.Max(0, countMax)),
            row => new ParkedEvent(new(row.Int64(0)), row.Id(1), row.Text(2), tenant, stream, new(row.Int64(3))),
            cancellationToken);

    private ValueTask<IReadOnlyList<T>> RowsAsync<T>(
        Func<SqliteSession, Statement> prepare, Func<Statement, T> read, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<T>>(
            session =>
            {
                var found = new List<T>();
                using var rows = prepare(session);
                while (rows.Step())
                    found.Add(read(rows));
                return found;
            },
            cancellationToken);

    private static DeadLetter Read(Statement row) => new(
        ShardName.Parse(row.Text(0)),
        new Position(row.Int64(1)),
        row.Id(2),
        row.Text(3),
        TenantId.Trusted(row.Text(4)),
        StreamId.Trusted(row.Text(5)),
        new StreamVersion(row.Int64(6)),
        (ErrorCategory)row.Int64(7),
        row.Text(8),
        row.Text(9),
        (int)row.Int64(10),
        Microseconds.ToMoment(row.Int64(11)))
    {
        State = (DeadLetterState)row.Int64(12),
        FirstFailedAt = Microseconds.ToMoment(row.Int64(13)),
    };
}
