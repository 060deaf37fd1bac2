using System.Diagnostics;
using Npgsql;
using Tidemark.Benchmarks.Workload;

namespace Tidemark.Benchmarks.Stores;

/// <summary>
/// Reads the events table in position order, page by page, with a prepared statement on one connection: all columns that Tidemark reads,
/// the data decoded.
/// </summary>
internal static class PostgresReadLimit
{
    /// <summary>The default page of Tidemark.</summary>
    private const int PageEvents = 2000;

    private const string Page = """
        select position, version, event_id, recorded_at, slot, type, tenant, stream, data, metadata
        from tidemark.events
        where position > $1 and position <= $2 and not archived
        order by position
        limit $3
        """;

    /// <summary>Reads the logs of databases one after the other.</summary>
    /// <returns>Events per second, connecting left out.</returns>
    public static async Task<double> MeasureAsync(params IReadOnlyList<string> connectionStrings)
    {
        var (events, elapsed) = (0L, TimeSpan.Zero);
        foreach (var text in connectionStrings)
        {
            var (read, took) = await MeasureOneAsync(text).ConfigureAwait(false);
            (events, elapsed) = (events + read, elapsed + took);
        }

        return events / elapsed.TotalSeconds;
    }

    private static async Task<(long Events, TimeSpan Elapsed)> MeasureOneAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync().ConfigureAwait(false);
            var command = new NpgsqlCommand(Page, connection);
            await using (command.ConfigureAwait(false))
            {
                command.Parameters.Add(new NpgsqlParameter<long>());
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = long.MaxValue });
                command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = PageEvents });
                await command.PrepareAsync().ConfigureAwait(false);
                return await ReadAsync(command).ConfigureAwait(false);
            }
        }
    }

    private static async Task<(long Events, TimeSpan Elapsed)> ReadAsync(NpgsqlCommand command)
    {
        var started = Stopwatch.GetTimestamp();
        long events = 0;
        long check = 0;
        int count;
        do
        {
            count = 0;
            var after = 0L;
            var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    after = reader.GetInt64(0);
                    check += reader.GetInt64(1) + reader.GetInt16(4) + reader.GetGuid(2).Version + reader.GetDateTime(3).Second;
                    check += reader.GetString(6).Length + reader.GetString(7).Length + (reader.IsDBNull(9) ? 0 : 1);
                    check += Orders.Decode(reader.GetString(5), reader.GetFieldValue<byte[]>(8)) is LineAdded ? 1 : 2;
                    count++;
                }
            }

            ((NpgsqlParameter<long>)command.Parameters[0]).TypedValue = after;
            events += count;
        }
        while (count == PageEvents);
        GC.KeepAlive(check);
        return (events, Stopwatch.GetElapsedTime(started));
    }
}
