using Npgsql;
using NpgsqlTypes;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.PostgreSql;

/// <summary>The dead letters of the event database. They are written by the commit of a read model; see <see cref="AddLetters"/>.</summary>
internal sealed class PostgreSqlDeadLetters(ConnectionScope scope, SqlTexts sql) : IDeadLetterStore
{
    private readonly string _read = sql["read_dead_letters"];

    public ValueTask<IReadOnlyList<DeadLetter>> ReadAsync(
        string? projection, Position after, int countMax, CancellationToken cancellationToken) =>
        scope.ReadAsync<(string? Projection, Position After, int CountMax), IReadOnlyList<DeadLetter>>(
            async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(_read, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(call.After.Value).WithNullable(call.Projection, NpgsqlDbType.Text).With(call.CountMax);
                    var letters = new List<DeadLetter>();
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(token).ConfigureAwait(false))
                            letters.Add(Row(reader));
                    }

                    return letters;
                }
            },
            (projection, after, countMax),
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
            .With(Column(letters, l => l.Attempts));

    // PostgreSQL's text holds no U+0000; an exception's text might.
    private static string WithoutNul(string text) => text.Replace('\0', '\uFFFD');

    private static T[] Column<T>(IReadOnlyList<DeadLetter> letters, Func<DeadLetter, T> value) => [.. letters.Select(value)];

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
        new DateTimeOffset(row.GetDateTime(11)));
}
