using Microsoft.Data.Sqlite;
using Tidemark.Client;
using Tidemark.Protocol;

namespace Flights.Subscriber;

/// <summary>
/// The subscriber's own SQLite file: the late arrivals, and how far it is. One transaction writes both, and only if the subscriber stands
/// where the delivery follows on; so each event takes effect once, whoever is killed when.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ArrivalLedger : ITokenStore, IDisposable
{
    // Nothing here would refuse an arrival that came twice: it would be stored twice, and the proof would find it.
    private const string Schema =
        """
        pragma journal_mode = wal;
        create table if not exists late_arrivals (
            flight text not null, state text not null, origin text not null, destination text not null, delay_minutes integer not null);
        create table if not exists tokens (
            incarnation integer not null, partition text not null, token text not null, primary key (incarnation, partition));
        create table if not exists standing (starts integer not null, arrivals integer not null, imported integer not null);
        insert into standing select 0, 0, 0 where not exists (select 1 from standing);
        update standing set starts = starts + 1;
        """;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    private ArrivalLedger(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens the file and counts the start; makes the file when there is none.</summary>
    /// <exception cref="IOException">The file is something else.</exception>
    public static ArrivalLedger Open(string path)
    {
        CheckOwn(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var ledger = new ArrivalLedger(Connect(path, SqliteOpenMode.ReadWriteCreate));
        ledger.Execute(Schema);
        return ledger;
    }

    /// <summary>Removes the file of an earlier run, and nothing else.</summary>
    /// <exception cref="IOException">The file is something else.</exception>
    public static void Reset(string path)
    {
        CheckOwn(path);
        foreach (var suffix in new[] { "", "-wal", "-shm" })
            File.Delete(path + suffix);
    }

    /// <inheritdoc />
    public ValueTask<WireToken?> ReadAsync(ConsumerPartition partition, CancellationToken cancellationToken)
    {
        lock (_gate)
            return new(TokenOf(partition));
    }

    /// <summary>Stores a delivery with its token.</summary>
    /// <returns>Null; or where the subscriber stands, when the delivery follows on something else and nothing was stored.</returns>
    public WireToken? Store(ConsumerDelivery delivery, Delivered delivered)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            if (TokenOf(delivery.Partition) is { } token && token != delivery.Offered)
                return token;
            foreach (var arrival in delivered.Late)
                Add(arrival);
            Execute(
                "update standing set arrivals = arrivals + @arrivals, imported = max(imported, @imported)",
                ("@arrivals", delivered.Arrivals), ("@imported", delivered.Imported));
            Execute(
                "insert or replace into tokens (incarnation, partition, token) values (@incarnation, @partition, @token)",
                ("@incarnation", delivery.Partition.Incarnation), ("@partition", delivery.Partition.Partition),
                ("@token", delivery.Token.ToString()));
            transaction.Commit();
            return null;
        }
    }

    /// <summary>How far it is.</summary>
    public Standing ReadStanding()
    {
        lock (_gate)
        {
            using var command = Command("select starts, arrivals, imported from standing");
            using var reader = command.ExecuteReader();
            reader.Read();
            return new Standing(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
        }
    }

    /// <summary>Every late arrival, in the order in which they came.</summary>
    public IReadOnlyList<Arrival> ReadArrivals()
    {
        lock (_gate)
        {
            using var command = Command("select flight, state, origin, destination, delay_minutes from late_arrivals order by rowid");
            using var reader = command.ExecuteReader();
            var arrivals = new List<Arrival>();
            while (reader.Read())
            {
                arrivals.Add(new Arrival(
                    reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetInt32(4)));
            }

            return arrivals;
        }
    }

    public void Dispose() => _connection.Dispose();

    private static void CheckOwn(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length == 0)
            return;
        try
        {
            using var connection = Connect(path, SqliteOpenMode.ReadOnly);
            using var command = connection.CreateCommand();
            command.CommandText = "select count(*) from sqlite_master where name = 'late_arrivals'";
            if (Convert.ToInt64(command.ExecuteScalar()) > 0)
                return;
        }
        catch (SqliteException)
        {
            // Not a database at all.
        }

        throw new IOException(
            $"'{path}' was not made by this sample's subscriber, so it is left alone. Choose another one with --file <path>.");
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ConnectionString;
        var connection = new SqliteConnection(text);
        connection.Open();
        return connection;
    }

    private WireToken? TokenOf(ConsumerPartition partition)
    {
        using var command = Command(
            "select token from tokens where incarnation = @incarnation and partition = @partition",
            ("@incarnation", partition.Incarnation), ("@partition", partition.Partition));
        return command.ExecuteScalar() is string token ? WireToken.Parse(token) : null;
    }

    private void Add(Arrival arrival) => Execute(
        "insert into late_arrivals (flight, state, origin, destination, delay_minutes) values (@flight, @state, @origin, @to, @delay)",
        ("@flight", arrival.Flight), ("@state", arrival.State), ("@origin", arrival.Origin), ("@to", arrival.Destination),
        ("@delay", arrival.DelayMinutes));

    private void Execute(string sql, params (string Name, object Value)[] parameters)
    {
        using var command = Command(sql, parameters);
        command.ExecuteNonQuery();
    }

    // A command takes part in the transaction that the connection is in.
    private SqliteCommand Command(string sql, params (string Name, object Value)[] parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return command;
    }
}
