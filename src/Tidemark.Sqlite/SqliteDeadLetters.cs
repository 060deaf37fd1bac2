using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite;

/// <summary>Dead letters in an SQLite file.</summary>
internal sealed class SqliteDeadLetters(SqliteDatabase database) : IDeadLetterStore
{
    /// <inheritdoc />
    public ValueTask<IReadOnlyList<DeadLetter>> ReadAsync(
        string? projection, Position after, int countMax, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<DeadLetter>>(
            session =>
            {
                var letters = new List<DeadLetter>();
                using var rows = session.Prepare(SqlText.ReadDeadLetters)
                    .Bind(1, projection).Bind(2, after.Value).Bind(3, Math.Max(0, countMax));
                while (rows.Step())
                    letters.Add(Read(rows));
                return letters;
            },
            cancellationToken);

    /// <summary>Stores dead letters inside a transaction that holds the write lock.</summary>
    internal static void Write(SqliteSession session, IReadOnlyList<DeadLetter> letters, DateTimeOffset now)
    {
        if (letters.Count == 0)
            return;
        var insert = session.Prepare(SqlText.InsertDeadLetter);
        foreach (var letter in letters)
        {
            insert
                .Bind(1, letter.Position.Value).Bind(2, letter.Shard.ToString()).Bind(3, letter.Shard.Projection).Bind(4, letter.EventId)
                .Bind(5, letter.TypeName).Bind(6, letter.Tenant.Value).Bind(7, letter.Stream.Value).Bind(8, letter.Version.Value)
                .Bind(9, (long)letter.Category).Bind(10, letter.ExceptionType).Bind(11, letter.Error).Bind(12, letter.Attempts)
                .Bind(13, Microseconds.Of(now)).Run();
        }
    }

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
        Microseconds.ToMoment(row.Int64(11)));
}
