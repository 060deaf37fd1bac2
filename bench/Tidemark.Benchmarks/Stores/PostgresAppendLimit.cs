using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using Tidemark.Benchmarks.Workload;

namespace Tidemark.Benchmarks.Stores;

/// <summary>
/// Prepared inserts into a table with the columns, defaults and indexes of the events table, its positions from a sequence. Nothing is
/// checked, locked or serialized:
/// it is what a hand-written insert could do at most.
/// </summary>
internal sealed class PostgresAppendLimit(PostgresBenchStore store)
{
    private const string Columns = "(position, stream_id, version, event_id, slot, type, tenant, stream, data)";

    private const string Prepare = """
        create schema if not exists raw_limit;
        create sequence if not exists raw_limit.positions cache 1;
        create table if not exists raw_limit.events (like tidemark.events including all);
        """;

    private const string InsertOne = $"insert into raw_limit.events {Columns} values (nextval('raw_limit.positions'), $1, $2, $3, $4, " +
        $"$5, $6, $7, $8)";

    private const string InsertMany =
        $"insert into raw_limit.events {Columns} select nextval('raw_limit.positions'), * from "
        + "unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::json[])";

    // Versions go on from round to round: (stream, version) is unique.
    private static long _rounds;

    public async Task<double> MeasureAsync(AppendLimit limit, TimeSpan duration)
    {
        await store.ExecuteAsync(Prepare).ConfigureAwait(false);
        var versionBase = Interlocked.Increment(ref _rounds) * 1_000_000_000;
        var inserters = new List<Inserter>();
        try
        {
            for (var i = 0; i < limit.Connections; i++)
                inserters.Add(await Inserter.OpenAsync(store, i, limit, versionBase).ConfigureAwait(false));
            var started = Stopwatch.GetTimestamp();
            var counts = await Task.WhenAll(inserters.Select(i => Task.Run(() => i.RunAsync(started, duration)))).ConfigureAwait(false);
            return counts.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
        finally
        {
            foreach (var inserter in inserters)
                await inserter.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>One connection that inserts as fast as it can.</summary>
    private sealed class Inserter : IAsyncDisposable
    {
        private readonly NpgsqlConnection _connection;
        private readonly NpgsqlCommand _command;
        private readonly int _number;
        private readonly AppendLimit _limit;
        private readonly long _versionBase;

        private Inserter(NpgsqlConnection connection, int number, AppendLimit limit, long versionBase)
        {
            _connection = connection;
            _command = new NpgsqlCommand(limit.Rows == 1 ? InsertOne : InsertMany, connection);
            _number = number;
            _limit = limit;
            _versionBase = versionBase;
        }

        public static async Task<Inserter> OpenAsync(PostgresBenchStore store, int number, AppendLimit limit, long versionBase)
        {
            var inserter = new Inserter(await store.OpenAsync().ConfigureAwait(false), number, limit, versionBase);
            inserter.AddParameters();
            await inserter._command.PrepareAsync().ConfigureAwait(false);
            return inserter;
        }

        public async Task<long> RunAsync(long started, TimeSpan duration)
        {
            long rows = 0;
            while (Stopwatch.GetElapsedTime(started) < duration)
            {
                if (_limit.Rows == 1)
                    Fill(rows);
                else
                    FillMany(rows);
                rows += await _command.ExecuteNonQueryAsync().ConfigureAwait(false);
            }

            return rows;
        }

        public async ValueTask DisposeAsync()
        {
            await _command.DisposeAsync().ConfigureAwait(false);
            await _connection.DisposeAsync().ConfigureAwait(false);
        }

        private void AddParameters()
        {
            var types = new[]
            {
                NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Uuid, NpgsqlDbType.Smallint, NpgsqlDbType.Text,
                    NpgsqlDbType.Text, NpgsqlDbType.Text,
                NpgsqlDbType.Json,
            };
            foreach (var type in types)
                _command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = _limit.Rows == 1 ? type : NpgsqlDbType.Array | type });
        }

        // The streams of a connection are its own: number, number + connections, ...
        private (int Stream, long Version) Place(long row)
        {
            var own = Orders.Streams / _limit.Connections;
            return (_number + ((int)(row % own) * _limit.Connections), 1 + (row / own));
        }

        private void Fill(long row)
        {
            var (stream, version) = Place(row);
            var parameters = _command.Parameters;
            parameters[0].Value = (long)stream;
            parameters[1].Value = _versionBase + version;
            parameters[2].Value = Guid.CreateVersion7();
            parameters[3].Value = (short)(stream % 1024);
            parameters[4].Value = Orders.TypeName(version);
            parameters[5].Value = "";
            parameters[6].Value = Orders.Stream(stream).Value;
            parameters[7].Value = Orders.Json(version, stream);
        }

        private void FillMany(long first)
        {
            var rows = _limit.Rows;
            var (streams, versions, ids, slots) = (new long[rows], new long[rows], new Guid[rows], new short[rows]);
            var (types, tenants, names, data) = (new string[rows], new string[rows], new string[rows], new byte[rows][]);
            for (var i = 0; i < rows; i++)
            {
                var (stream, version) = Place(first + i);
                streams[i] = stream;
                versions[i] = _versionBase + version;
                ids[i] = Guid.CreateVersion7();
                slots[i] = (short)(stream % 1024);
                types[i] = Orders.TypeName(version);
                tenants[i] = "";
                names[i] = Orders.Stream(stream).Value;
                data[i] = Orders.Json(version, stream);
            }

            object[] values = [streams, versions, ids, slots, types, tenants, names, data];
            for (var i = 0; i < values.Length; i++)
                _command.Parameters[i].Value = values[i];
        }
    }
}
