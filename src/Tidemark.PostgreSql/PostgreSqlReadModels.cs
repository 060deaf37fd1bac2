using Npgsql;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;

namespace Tidemark.PostgreSql;

/// <summary>Read models in tables beside the log; a commit writes them and moves the checkpoint in one transaction.</summary>
internal sealed class PostgreSqlReadModels(
    ConnectionScope scope, SqlTexts sql, ReadModelNames names, GenerationTables generations, TimeSpan? idleTransactionMax)
    : IReadModelStore
{
    private readonly CommitBatch _commit = new(sql, names, idleTransactionMax);
    private readonly string _readGenerations = sql["read_generations"];
    private readonly string _lockKeys = sql["lock_keys"];

    public bool SupportsSql => true;

    public ValueTask<ReadModelGeneration> PrepareAsync(
        string projection, int version, ReadModelSchema schema, int generation, CancellationToken cancellationToken) =>
        scope.ReadAsync(
            (connection, call, token) =>
                generations.PrepareAsync(connection, call.Projection, call.Version, call.Schema, call.Generation, token),
            (Projection: projection, Version: version, Schema: schema, Generation: generation),
            cancellationToken);

    public async ValueTask PublishAsync(string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken) =>
        await scope.ReadAsync(
            async (connection, call, token) =>
            {
                await generations.PublishAsync(connection, call.Projection, call.Schema, call.Generation, token).ConfigureAwait(false);
                return true;
            },
            (Projection: projection, Schema: schema, Generation: generation),
            cancellationToken).ConfigureAwait(false);

    public async ValueTask DropAsync(string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken) =>
        await scope.ReadAsync(
            async (connection, call, token) =>
            {
                await generations.DropAsync(connection, call.Projection, call.Schema, call.Generation, token).ConfigureAwait(false);
                return true;
            },
            (Projection: projection, Schema: schema, Generation: generation),
            cancellationToken).ConfigureAwait(false);

    public ValueTask<IReadOnlyList<ReadModelGeneration>> ReadGenerationsAsync(CancellationToken cancellationToken) =>
        scope.ReadAsync<object?, IReadOnlyList<ReadModelGeneration>>(
            async (connection, _, token) =>
            {
                var command = new NpgsqlCommand(_readGenerations, connection);
                await using (command.ConfigureAwait(false))
                {
                    var rows = new List<ReadModelGeneration>();
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(token).ConfigureAwait(false))
                            rows.Add(new(reader.GetString(0), reader.GetInt32(1), reader.GetInt32(2), (GenerationState)reader.GetInt16(3)));
                    }

                    return rows;
                }
            },
            null,
            cancellationToken);

    public async ValueTask<IReadOnlyList<StoredDocument>> LoadAsync(
        string name, int generation, IReadOnlyList<DocumentKey> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
            return [];
        return await scope.ReadAsync<(DocumentTable Table, IReadOnlyList<DocumentKey> Keys), IReadOnlyList<StoredDocument>>(
            async (connection, call, token) => await LoadAsync(connection, null, call.Table, call.Keys, token).ConfigureAwait(false),
            (names.Documents(name, generation), keys),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<StoredDocument>> LoadAsync(
        IStoreTransaction transaction, string name, int generation, IReadOnlyList<DocumentKey> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
            return [];
        var own = PostgreSqlTransaction.Of(transaction);
        var table = names.Documents(name, generation);
        var (tenants, texts) = Split(keys);

        // A statement of its own: the documents must be read with a snapshot that is younger than the locks.
        var command = new NpgsqlCommand(_lockKeys, own.Connection, own.Inner);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.With(table.Name).With(tenants).With(texts);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        return await LoadAsync(own.Connection, own.Inner, table, keys, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask CommitAsync(ReadModelCommit commit, CancellationToken cancellationToken) =>
        await scope.WriteAsync(
            async (connection, changes, token) =>
            {
                await _commit.RunAsync(connection, changes, token).ConfigureAwait(false);
                return true;
            },
            commit,
            cancellationToken).ConfigureAwait(false);

    public ValueTask WriteAsync(IStoreTransaction transaction, ReadModelCommit commit, CancellationToken cancellationToken) =>
        _commit.RunAsync(PostgreSqlTransaction.Of(transaction), commit, cancellationToken);

    public ValueTask BoundIdleAsync(IStoreTransaction transaction, CancellationToken cancellationToken) =>
        _commit.BoundIdleAsync(PostgreSqlTransaction.Of(transaction), cancellationToken);

    public ValueTask<IReadOnlyList<StoredDocument>> ReadLiveAsync(
        string name, TenantId tenant, string? afterKey, int countMax, CancellationToken cancellationToken) =>
        scope.ReadAsync<(string View, TenantId Tenant, string? AfterKey, int CountMax), IReadOnlyList<StoredDocument>>(
            async (connection, call, token) =>
            {
                var after = call.AfterKey is null ? ">=" : ">";
                var text =
                    $"select key, data, version, position from {call.View} where tenant = $1 and key {after} $2 order by key limit $3";
                var command = new NpgsqlCommand(text, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(call.Tenant.Value).With(call.AfterKey ?? "").With(call.CountMax);
                    var documents = new List<StoredDocument>();
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(token).ConfigureAwait(false))
                            documents.Add(Document(reader, new(call.Tenant, reader.GetString(0))));
                    }

                    return documents;
                }
            },
            (names.View(name), tenant, afterKey, countMax),
            cancellationToken);

    public ValueTask<StoredDocument?> FindLiveAsync(string name, DocumentKey key, CancellationToken cancellationToken) =>
        scope.ReadAsync<(string View, DocumentKey Key), StoredDocument?>(
            async (connection, call, token) =>
            {
                var text = $"select key, data, version, position from {call.View} where tenant = $1 and key = $2";
                var command = new NpgsqlCommand(text, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(call.Key.Tenant.Value).With(call.Key.Key);
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        return await reader.ReadAsync(token).ConfigureAwait(false) ? Document(reader, call.Key) : null;
                    }
                }
            },
            (names.View(name), key),
            cancellationToken);

    public string TableName(string name, int generation) => names.Table(name, generation);

    public string ViewName(string name) => names.View(name);

    private static async ValueTask<List<StoredDocument>> LoadAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction? transaction,
        DocumentTable table,
        IReadOnlyList<DocumentKey> keys,
        CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(table.Load, connection, transaction);
        await using (command.ConfigureAwait(false))
        {
            var (tenants, texts) = Split(keys);
            command.Parameters.With(tenants).With(texts);
            var documents = new List<StoredDocument>(keys.Count);
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    documents.Add(Document(reader, keys[(int)reader.GetInt64(0) - 1]));
            }

            return documents;
        }
    }

    private static StoredDocument Document(NpgsqlDataReader row, DocumentKey key) =>
        new(key, row.GetFieldValue<byte[]>(1), new(row.GetInt64(2)), new(row.GetInt64(3)));

    private static (string[] Tenants, string[] Keys) Split(IReadOnlyList<DocumentKey> keys)
    {
        var tenants = new string[keys.Count];
        var texts = new string[keys.Count];
        for (var i = 0; i < keys.Count; i++)
            (tenants[i], texts[i]) = (keys[i].Tenant.Value, keys[i].Key);
        return (tenants, texts);
    }
}
