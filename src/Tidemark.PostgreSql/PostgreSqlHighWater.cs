using Npgsql;
using Tidemark.Events;
using Tidemark.HighWater;

namespace Tidemark.PostgreSql;

/// <summary>
/// The exact high-water mark, from the sequence and the bounds that open appends publish; see Migrations/0003_high_water.sql.
/// </summary>
internal sealed class PostgreSqlHighWater(ConnectionScope scope, SqlTexts sql) : IHighWaterSource
{
    private readonly string _readHighWater = sql["read_high_water"];
    private readonly string _readBlockers = sql["read_blockers"];

    public ValueTask<HighWaterReading> ReadAsync(Position known, CancellationToken cancellationToken) =>
        scope.ReadAsync(
            async (connection, mark, token) =>
            {
                var command = new NpgsqlCommand(_readHighWater, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(mark.Value);
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        await reader.ReadAsync(token).ConfigureAwait(false);
                        return new HighWaterReading(new(reader.GetInt64(0)), new(reader.GetInt64(1)));
                    }
                }
            },
            known,
            cancellationToken);

    public ValueTask<IReadOnlyList<HighWaterBlocker>> ReadBlockersAsync(CancellationToken cancellationToken) =>
        scope.ReadAsync<object?, IReadOnlyList<HighWaterBlocker>>(
            async (connection, _, token) =>
            {
                var command = new NpgsqlCommand(_readBlockers, connection);
                await using (command.ConfigureAwait(false))
                {
                    var blockers = new List<HighWaterBlocker>();
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(token).ConfigureAwait(false))
                            blockers.Add(Blocker(reader));
                    }

                    return blockers;
                }
            },
            null,
            cancellationToken);

    private static HighWaterBlocker Blocker(NpgsqlDataReader row) => new(
        new(row.GetInt64(0)),
        row.IsDBNull(1) ? null : row.GetInt32(1),
        row.GetString(2),
        row.GetString(3),
        row.IsDBNull(4) ? null : new DateTimeOffset(row.GetDateTime(4)),
        row.IsDBNull(5) ? null : row.GetTimeSpan(5));
}
