using Npgsql;
using NpgsqlTypes;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.PostgreSql;

/// <summary>
/// The dead letters and parked streams of the event database. They are written by the commit of a read model; see <see
/// cref="AddLetters"/> and <see cref="ParkingBatch"/>.
/// </summary>
internal sealed class PostgreSqlDeadLetters(ConnectionScope scope, SqlTexts sql) : IDeadLetterStore
{
    private readonly string _read = sql["read_dead_letters"];

    private readonly string _find = sql["find_dead_letter"];
    private readonly string _readParked = sql["read_parked_streams"];
    private readonly string _loadParked = sql["load_parked_streams"];
    private readonly string _findParked = sql["find_parked_stream"];
    private readonly string _readQueue = sql["read_parked_events"];

    public ValueTask<IReadOnlyList<DeadLetter>> ReadAsync(
        string? projection, Position after, int countMax, CancellationToken cancellationToken) =>
        RowsAsync(
            _read, p => p.With(after.Value).WithNullable(projection, NpgsqlDbType.Text).With(countMax), Row, cancellationToken);

    public async ValueTask<DeadLetter?> FindAsync(
        string projection, int generation, Position position, CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(
            _find, p => p.With(projection).With(generation).With(position.Value), Row, cancellationToken).ConfigureAwait(false);
        return rows.SingleOrDefault();
    }

    public ValueTask<IReadOnlyList<ParkedStream>> ReadParkedAsync(
        string? projection, Position after, int countMax, CancellationToken cancellationToken) =>
        RowsAsync(
            _readParked,
            p => p.With(after.Value).WithNullable(projection, NpgsqlDbType.Text).With(countMax),
            row => new ParkedStream(
                row.GetString(0), row.GetInt32(1), TenantId.Trusted(row.GetString(2)), StreamId.Trusted(row.GetString(3)),
                new(row.GetInt64(4)), row.GetInt64(6), new DateTimeOffset(row.GetDateTime(5))),
            cancellationToken);

    public ValueTask<IReadOnlyList<(TenantId Tenant, StreamId Stream)>> LoadParkedAsync(
        ShardName shard, int countMax, CancellationToken cancellationToken) =>
        RowsAsync(
            _loadParked,
            p => p.With(shard.Projection).With(shard.Generation).With(shard.Slots.First).With(shard.Slots.Last).With(countMax),
            row => (TenantId.Trusted(row.GetString(0)), StreamId.Trusted(row.GetString(1))),
            cancellationToken);

    public async ValueTask<Position?> FindParkedAsync(
        string projection, int generation, TenantId tenant, StreamId stream, CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(
            _findParked,
            p => p.With(projection).With(generation).With(tenant.Value).With(stream.Value),
            row => new Position(row.GetInt64(0)),
            cancellationToken).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    public ValueTask<IReadOnlyList<ParkedEvent>> ReadQueueAsync(
        string projection, int generation, TenantId tenant, StreamId stream, Position after, int countMax,
        CancellationToken cancellationToken) =>
        RowsAsync(
            _readQueue,
            p => p.With(projection).With(generation).With(tenant.Value).With(stream.Value).With(after.Value).With(countMax),
            row => new ParkedEvent(new(row.GetInt64(0)), row.GetGuid(1), row.GetString(2), tenant, stream, new(row.GetInt64(3))),
            cancellationToken);

    /// <summary>The parameters of the statement insert_dead_letters.</summary>
    public static void AddLetters(NpgsqlParameterCollection parameters, IReadOnlyList<DeadLetter> letters) =>
        parameters
            .With(Column(letters, l => l.Shard.ToString()))
            .With(Column(letters, l => l.Shard.Projection))
            .With(Column(letters, l => l.Position.Value))
            .With(Column(letters, l => l.EventId))
            .With(Column(letters, l => l.TypeName))
            .With(Column(letters, l => l.Tenant.Value))
            .With(Column(letters, l => l.Stream.Value))
            .With(Column(letters, l => l.Version.Value))
            .With(Column(letters, l => (short)l.Category))
            .With(Column(letters, l => WithoutNul(l.ExceptionType)))
            .With(Column(letters, l => WithoutNul(l.Error)))
            .With(Column(letters, l => l.Attempts))
            .With(Column(letters, l => l.Shard.Generation))
            .With(Column(letters, l => (short)l.State));

    // PostgreSQL's text holds no U+0000; an exception's text might.
    private static string WithoutNul(string text) => text.Replace('\0', '\uFFFD');

    private static T[] Column<T>(IReadOnlyList<DeadLetter> letters, Func<DeadLetter, T> value) => [.. letters.Select(value)];

    private ValueTask<IReadOnlyList<T>> RowsAsync<T>(
        string text, Action<NpgsqlParameterCollection> bind, Func<NpgsqlDataReader, T> row, CancellationToken cancellationToken) =>
        scope.ReadAsync<(string Text, Action<NpgsqlParameterCollection> Bind, Func<NpgsqlDataReader, T> Row), IReadOnlyList<T>>(
            static async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(call.Text, connection);
                await using (command.ConfigureAwait(false))
                {
                    call.Bind(command.Parameters);
                    var rows = new List<T>();
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(token).ConfigureAwait(false))
                            rows.Add(call.Row(reader));
                    }

                    return rows;
                }
            },
            (text, bind, row),
            cancellationToken);

    private static DeadLetter Row(NpgsqlDataReader row) => new(
        ShardName.Parse(row.GetString(0)),
        new(row.GetInt64(1)),
        row.GetGuid(2),
        row.GetString(3),
        TenantId.Trusted(row.GetString(4)),
        StreamId.Trusted(row.GetString(5)),
        new(row.GetInt64(6)),
        (ErrorCategory)row.GetInt16(7),
        row.GetString(8),
        row.GetString(9),
        row.GetInt32(10),
        new DateTimeOffset(row.GetDateTime(11)))
    {
        State = (DeadLetterState)row.GetInt16(12),
        FirstFailedAt = new DateTimeOffset(row.GetDateTime(13)),
    };
}
