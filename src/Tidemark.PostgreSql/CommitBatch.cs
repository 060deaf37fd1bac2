using System.Text;
using Npgsql;
using NpgsqlTypes;
using Tidemark.Checkpoints;
using Tidemark.Projections;
using Tidemark.Shards;

namespace Tidemark.PostgreSql;

/// <summary>
/// Turns a commit into one batch of statements: one round trip, and outside a transaction one implicit one. The fence stands first, so a
/// refused commit does no other work, and the shard's row serialises two owners from the start.
/// </summary>
internal sealed class CommitBatch(SqlTexts sql, ReadModelNames names, TimeSpan? idleMax)
{
    private readonly string _boundIdle = sql["bound_idle_transaction"];
    private readonly string _move = sql["move_checkpoint"];
    private readonly string _durable = sql["require_durable_commit"];
    private readonly string _insertMessages = sql["insert_messages"];
    private readonly ParkingBatch _parking = new(sql);

    /// <summary>Runs a commit in an implicit transaction of its own.</summary>
    /// <exception cref="FencedException">The fence refused.</exception>
    public ValueTask RunAsync(NpgsqlConnection connection, ReadModelCommit commit, CancellationToken cancellationToken) =>
        RunAsync(connection, null, commit, cancellationToken);

    /// <summary>Runs a commit's statements in a transaction; whoever began it commits it.</summary>
    /// <exception cref="FencedException">The fence refused.</exception>
    public ValueTask RunAsync(PostgreSqlTransaction transaction, ReadModelCommit commit, CancellationToken cancellationToken) =>
        RunAsync(transaction.Connection, transaction, commit, cancellationToken);

    /// <summary>Tells the server how long a transaction of the store's own may be idle; a lent one is left as it is.</summary>
    public async ValueTask BoundIdleAsync(PostgreSqlTransaction transaction, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(transaction.Connection, transaction.Inner);
        await using (batch.ConfigureAwait(false))
        {
            AddBound(batch, transaction);
            if (batch.BatchCommands.Count > 0)
                await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        transaction.LacksIdleBound = false;
    }

    private async ValueTask RunAsync(
        NpgsqlConnection connection, PostgreSqlTransaction? transaction, ReadModelCommit commit, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection, transaction?.Inner);
        await using (batch.ConfigureAwait(false))
        {
            if (transaction is not null)
                AddBound(batch, transaction);
            Fill(batch, commit);
            try
            {
                await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState == PostgreSqlErrors.Fenced && commit.Move is { } move)
            {
                throw new FencedException(move.Shard, move.Epoch, move.Previous);
            }
        }
    }

    private void AddBound(NpgsqlBatch batch, PostgreSqlTransaction transaction)
    {
        if (transaction.LacksIdleBound && idleMax is { } idle)
            Add(batch, _boundIdle).With($"{idle.TotalMilliseconds:F0}ms");
    }

    private void Fill(NpgsqlBatch batch, ReadModelCommit commit)
    {
        if (commit.Move is { } move)
            PostgreSqlCheckpoints.AddMove(Add(batch, _move), move);
        else
            Add(batch, _durable);
        foreach (var changes in commit.Documents)
            AddDocuments(batch, changes);
        foreach (var changes in commit.Rows)
            AddRows(batch, changes);
        _parking.Fill(batch, commit);
        if (commit.Messages.Count > 0)
            PostgreSqlOutbox.AddMessages(Add(batch, _insertMessages), commit.Messages);
    }

    private void AddDocuments(NpgsqlBatch batch, DocumentChanges changes)
    {
        var table = names.Documents(changes.Name, changes.Generation);
        if (changes.Deletes.Count > 0)
        {
            var tenants = new string[changes.Deletes.Count];
            var keys = new string[changes.Deletes.Count];
            for (var i = 0; i < keys.Length; i++)
                (tenants[i], keys[i]) = (changes.Deletes[i].Tenant.Value, changes.Deletes[i].Key);
            Add(batch, table.Delete).With(tenants).With(keys);
        }

        if (changes.Upserts.Count > 0)
            AddUpserts(Add(batch, table.Upsert), changes.Upserts);
    }

    // Sorted by key: shards that share a table lock its rows in one order.
    private static void AddUpserts(NpgsqlParameterCollection parameters, IReadOnlyList<StoredDocument> documents)
    {
        var sorted = documents.ToArray();
        Array.Sort(sorted, static (a, b) => Compare(a.Key, b.Key));
        var tenants = new string[sorted.Length];
        var keys = new string[sorted.Length];
        var data = new ReadOnlyMemory<byte>[sorted.Length];
        var versions = new long[sorted.Length];
        var positions = new long[sorted.Length];
        for (var i = 0; i < sorted.Length; i++)
        {
            ref readonly var document = ref sorted[i];
            tenants[i] = document.Key.Tenant.Value;
            keys[i] = document.Key.Key;
            data[i] = document.Json;
            versions[i] = document.Version.Value;
            positions[i] = document.Position.Value;
        }

        parameters.With(tenants).With(keys).With(data, NpgsqlDbType.Array | NpgsqlDbType.Jsonb).With(versions).With(positions);
    }

    private static int Compare(in DocumentKey a, in DocumentKey b)
    {
        var tenants = string.CompareOrdinal(a.Tenant.Value, b.Tenant.Value);
        return tenants != 0 ? tenants : string.CompareOrdinal(a.Key, b.Key);
    }

    private void AddRows(NpgsqlBatch batch, RowChanges changes)
    {
        var table = names.Table(changes.Schema.Name, changes.Generation);
        var key = SqlTexts.Quote(changes.Schema.Key);
        if (changes.Deletes.Count > 0)
            Add(batch, $"delete from {table} where {key} = any ($1)").With(changes.Deletes.ToArray());
        foreach (var upsert in changes.Upserts)
        {
            if (upsert.Keys.Count == 0)
                continue;
            var parameters = Add(batch, RowUpsertSql(table, key, upsert.Columns));
            var order = new int[upsert.Keys.Count];
            for (var i = 0; i < order.Length; i++)
                order[i] = i;
            Array.Sort(order, (a, b) => string.CompareOrdinal(upsert.Keys[a], upsert.Keys[b]));
            parameters.With(Array.ConvertAll(order, i => upsert.Keys[i]));
            for (var c = 0; c < upsert.Columns.Count; c++)
                AddColumn(parameters, upsert.Columns[c].Column.Type, upsert.Values[c], order);
        }
    }

    private static string RowUpsertSql(string table, string key, IReadOnlyList<RowColumn> columns)
    {
        var target = new StringBuilder(key);
        var source = new StringBuilder("u.k");
        var arrays = new StringBuilder("$1::text[]");
        var aliases = new StringBuilder("k");
        var updates = new StringBuilder();
        for (var i = 0; i < columns.Count; i++)
        {
            var name = SqlTexts.Quote(columns[i].Column.Name);
            target.Append($", {name}");
            source.Append(columns[i].Increment ? $", coalesce(u.c{i}, 0)" : $", u.c{i}");
            arrays.Append($", ${i + 2}::{ReadModelDdl.TypeOf(columns[i].Column.Type)}[]");
            aliases.Append($", c{i}");
            updates.Append(updates.Length == 0 ? " update set " : ", ");
            updates.Append(columns[i].Increment ? $"{name} = coalesce(t.{name}, 0) + excluded.{name}" : $"{name} = excluded.{name}");
        }

        return $"insert into {table} as t ({target}) select {source} from unnest({arrays}) u ({aliases}) on conflict ({key}) do"
            + (updates.Length == 0 ? " nothing" : updates.ToString());
    }

    private static void AddColumn(NpgsqlParameterCollection parameters, ColumnType type, object?[] values, int[] order)
    {
        switch (type)
        {
            case ColumnType.Text:
                parameters.With(Array.ConvertAll(order, i => (string?)values[i]), NpgsqlDbType.Array | NpgsqlDbType.Text);
                break;
            case ColumnType.Integer:
                parameters.With(Array.ConvertAll(order, i => (long?)values[i]), NpgsqlDbType.Array | NpgsqlDbType.Bigint);
                break;
            case ColumnType.Real:
                parameters.With(Array.ConvertAll(order, i => (double?)values[i]), NpgsqlDbType.Array | NpgsqlDbType.Double);
                break;
            case ColumnType.Boolean:
                parameters.With(Array.ConvertAll(order, i => (bool?)values[i]), NpgsqlDbType.Array | NpgsqlDbType.Boolean);
                break;
            case ColumnType.Timestamp:
                var moments = Array.ConvertAll(order, i => ((DateTimeOffset?)values[i])?.UtcDateTime);
                parameters.With(moments, NpgsqlDbType.Array | NpgsqlDbType.TimestampTz);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such column type.");
        }
    }

    private static NpgsqlParameterCollection Add(NpgsqlBatch batch, string text)
    {
        var command = new NpgsqlBatchCommand(text);
        batch.BatchCommands.Add(command);
        return command.Parameters;
    }
}
