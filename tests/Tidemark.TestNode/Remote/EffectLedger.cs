using Microsoft.Data.Sqlite;
using Tidemark.Client;
using Tidemark.Protocol;
using Tidemark.Protocol.Frames;

namespace Tidemark.TestNode.Remote;

/// <summary>
/// A consumer's own SQLite file: its effects and its tokens, in one transaction. An event that took effect twice would be there twice.
/// </summary>
public sealed class EffectLedger : ITokenStore, IDisposable
{
    private const string Schema =
        """
        pragma journal_mode = wal;
        pragma synchronous = normal;
        create table if not exists effects (
            partition text not null, position integer not null, stream text not null, version integer not null);
        create table if not exists tokens (partition text primary key, token text not null);
        """;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    /// <summary>Opens the file; makes it when there is none.</summary>
    public EffectLedger(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        Execute(Schema);
    }

    public ValueTask<WireToken?> ReadAsync(ConsumerPartition partition, CancellationToken cancellationToken)
    {
        lock (_gate)
            return new(TokenOf(partition.Partition));
    }

    /// <summary>Stores the effects of a delivery with its token, if that is what follows.</summary>
    public ConsumerOutcome Handle(ConsumerDelivery delivery)
    {
        lock (_gate)
        {
            string partition = delivery.Partition.Partition;
            using SqliteTransaction transaction = _connection.BeginTransaction();
            if (TokenOf(partition) is { } token && token != delivery.Offered)
                return ConsumerOutcome.StandsAt(token);
            foreach (WireEvent e in delivery.Events)
            {
                Execute(
                    "insert into effects (partition, position, stream, version) values (@partition, @position, @stream, @version)",
                    ("@partition", partition), ("@position", e.Position), ("@stream", e.Stream), ("@version", e.Version));
            }

            Execute(
                "insert or replace into tokens (partition, token) values (@partition, @token)",
                ("@partition", partition), ("@token", delivery.Token.ToString()));
            transaction.Commit();
            return ConsumerOutcome.Done;
        }
    }

    /// <summary>How many effects there are.</summary>
    public long Count()
    {
        lock (_gate)
        {
            using SqliteCommand command = Command("select coalesce(max(rowid), 0) from effects");
            return (long)command.ExecuteScalar()!;
        }
    }

    /// <summary>The effects in the order in which they were stored.</summary>
    public IReadOnlyList<ConsumedEvent> ReadAll()
    {
        lock (_gate)
        {
            using SqliteCommand command = Command("select partition, position, stream, version from effects order by rowid");
            using SqliteDataReader reader = command.ExecuteReader();
            var all = new List<ConsumedEvent>();
            while (reader.Read())
                all.Add(new ConsumedEvent(reader.GetString(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt64(3)));
            return all;
        }
    }

    public void Dispose() => _connection.Dispose();

    private WireToken? TokenOf(string partition)
    {
        using SqliteCommand command = Command("select token from tokens where partition = @partition", ("@partition", partition));
        return command.ExecuteScalar() is string token ? WireToken.Parse(token) : null;
    }

    private void Execute(string sql, params (string Name, object Value)[] parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        command.ExecuteNonQuery();
    }

    // A command takes part in the transaction that the connection is in.
    private SqliteCommand Command(string sql, params (string Name, object Value)[] parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return command;
    }
}
