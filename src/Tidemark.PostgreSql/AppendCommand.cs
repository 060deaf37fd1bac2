using Npgsql;
using NpgsqlTypes;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.PostgreSql;

/// <summary>
/// The statements that append, and their answers. In a transaction of the application, the server looks every id up first. Each is one
/// statement and one round trip, so outside a transaction nothing can hang between drawing numbers and the commit. An answer is given only
/// after the reader is closed: rows arrive before the implicit commit.
/// </summary>
internal sealed class AppendCommand(SqlTexts sql)
{
    private readonly string _exact = sql["append_exact"];
    private readonly string _event = sql["append_event"];
    private readonly string _batch = sql["append_batch"];

    /// <summary>Appends one event.</summary>
    public async ValueTask<AppendOutcome> OneAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, StreamAppend append, CancellationToken cancellationToken)
    {
        // What most lone appends expect, an exact version, needs no procedure while it is met.
        if (transaction is null && append.Expected.Value > 0
            && await ExactAsync(connection, append, cancellationToken).ConfigureAwait(false) is { } met)
        {
            return met;
        }

        var command = new NpgsqlCommand(_event, connection, transaction);
        await using (command.ConfigureAwait(false))
        {
            var e = append.Events[0];
            command.Parameters
                .With(append.Tenant.Value).With(append.Stream.Value).With(append.Slot).With(append.Expected.Value)
                .With(e.Id).With(e.TypeName).With(e.Json, NpgsqlDbType.Json).WithNullable(e.MetadataJson, NpgsqlDbType.Json)
                .With(transaction is not null);
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var outcome = new AppendOutcome(
                    (AppendStatus)reader.GetInt16(0), new(reader.GetInt64(1)), new(reader.GetInt64(2)), new(reader.GetInt64(3)));
                await reader.CloseAsync().ConfigureAwait(false);
                return outcome;
            }
        }
    }

    // Null when the stream is not at the version, or archived; nothing was changed then.
    private async ValueTask<AppendOutcome?> ExactAsync(
        NpgsqlConnection connection, StreamAppend append, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(_exact, connection);
        await using (command.ConfigureAwait(false))
        {
            var e = append.Events[0];
            command.Parameters
                .With(append.Tenant.Value).With(append.Stream.Value).With(append.Slot).With(append.Expected.Value)
                .With(e.Id).With(e.TypeName).With(e.Json, NpgsqlDbType.Json).WithNullable(e.MetadataJson, NpgsqlDbType.Json);
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    return null;
                var position = new Position(reader.GetInt64(1));
                var outcome = new AppendOutcome(AppendStatus.Appended, new(reader.GetInt64(0)), position, position);
                await reader.CloseAsync().ConfigureAwait(false);
                return outcome;
            }
        }
    }

    /// <summary>Appends many events, to one stream or to many.</summary>
    public async ValueTask<AppendOutcome[]> ManyAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction? transaction,
        IReadOnlyList<StreamAppend> appends,
        bool allOrNone,
        CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(_batch, connection, transaction);
        await using (command.ConfigureAwait(false))
        {
            AddRequests(command.Parameters, appends);
            AddEvents(command.Parameters, appends);
            command.Parameters.With(allOrNone).With(transaction is not null);
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var statuses = reader.GetFieldValue<short[]>(0);
                var versions = reader.GetFieldValue<long[]>(1);
                var firsts = reader.IsDBNull(2) ? null : reader.GetFieldValue<long[]>(2);
                var lasts = reader.IsDBNull(3) ? null : reader.GetFieldValue<long[]>(3);
                var positions = reader.IsDBNull(4) ? [] : reader.GetFieldValue<long[]>(4);
                await reader.CloseAsync().ConfigureAwait(false);
                return Outcomes(appends, statuses, versions, firsts, lasts, positions);
            }
        }
    }

    // The positions are those of all stored events in the order of their requests; concurrent calls interleave, so they have holes.
    private static AppendOutcome[] Outcomes(
        IReadOnlyList<StreamAppend> appends, short[] statuses, long[] versions, long[]? firsts, long[]? lasts, long[] positions)
    {
        var outcomes = new AppendOutcome[appends.Count];
        var next = 0;
        for (var i = 0; i < outcomes.Length; i++)
        {
            var status = (AppendStatus)statuses[i];
            if (status != AppendStatus.Appended)
            {
                outcomes[i] = new(status, new(versions[i]), new(firsts![i]), new(lasts![i]));
                continue;
            }

            var count = appends[i].Events.Length;
            outcomes[i] = new(status, new(versions[i]), new(positions[next]), new(positions[next + count - 1]));
            next += count;
        }

        return outcomes;
    }

    private static void AddRequests(NpgsqlParameterCollection parameters, IReadOnlyList<StreamAppend> appends)
    {
        var tenants = new string[appends.Count];
        var streams = new string[appends.Count];
        var slots = new short[appends.Count];
        var expected = new long[appends.Count];
        var counts = new int[appends.Count];
        for (var i = 0; i < appends.Count; i++)
        {
            var append = appends[i];
            tenants[i] = append.Tenant.Value;
            streams[i] = append.Stream.Value;
            slots[i] = append.Slot;
            expected[i] = append.Expected.Value;
            counts[i] = append.Events.Length;
        }

        parameters.With(tenants).With(streams).With(slots).With(expected).With(counts);
    }

    private static void AddEvents(NpgsqlParameterCollection parameters, IReadOnlyList<StreamAppend> appends)
    {
        var total = 0;
        for (var i = 0; i < appends.Count; i++)
            total += appends[i].Events.Length;

        var requests = new int[total];
        var numbers = new int[total];
        var ids = new Guid[total];
        var types = new string[total];
        var data = new byte[total][];
        byte[]?[]? metadata = null;
        var at = 0;
        for (var i = 0; i < appends.Count; i++)
        {
            var events = appends[i].Events;
            for (var k = 0; k < events.Length; k++, at++)
            {
                requests[at] = i + 1;
                numbers[at] = k + 1;
                (ids[at], types[at], data[at]) = Take(events[k], ref metadata, at, total);
            }
        }

        parameters.With(requests).With(numbers).With(ids).With(types).With(data, NpgsqlDbType.Array | NpgsqlDbType.Json)
            .WithNullable(metadata, NpgsqlDbType.Array | NpgsqlDbType.Json);
    }

    // Without any metadata the whole array is null.
    private static (Guid Id, string Type, byte[] Data) Take(in EncodedEvent e, ref byte[]?[]? metadata, int at, int total)
    {
        if (e.MetadataJson is not null)
            (metadata ??= new byte[]?[total])[at] = e.MetadataJson;
        return (e.Id, e.TypeName, e.Json);
    }
}
