using System.Collections.Concurrent;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Sqlite.Connections;
using Tidemark.Sqlite.Projections;

namespace Tidemark.Sqlite;

/// <summary>Read models in an SQLite file, beside the log: what a shard writes and its checkpoint are one transaction.</summary>
internal sealed class SqliteReadModels(SqliteDatabase database) : IReadModelStore
{
    // By quoted table name; as many as there are tables.
    private readonly ConcurrentDictionary<string, DocumentSql> _documents = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public bool SupportsSql => true;

    /// <inheritdoc />
    public async ValueTask<ReadModelGeneration> PrepareAsync(
        string projection, int version, ReadModelSchema schema, int generation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentOutOfRangeException.ThrowIfLessThan(generation, 1);
        TableNames.Check(schema);
        var prepared = await database.ReadAsync(
            session => new Generations(session).FindPrepared(projection, schema, generation), cancellationToken).ConfigureAwait(false);
        return prepared ?? await database.WriteIdempotentlyAsync(
            session => (new Generations(session).Prepare(projection, version, schema, generation), true),
            create: false,
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask PublishAsync(string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        await WriteAsync(
            session => new Generations(session).Publish(projection, schema, generation), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask DropAsync(string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        await WriteAsync(session => new Generations(session).Drop(projection, schema, generation), cancellationToken).ConfigureAwait(false);
        foreach (var name in schema.ViewNames)
            _documents.TryRemove(TableName(name, generation), out _);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<ReadModelGeneration>> ReadGenerationsAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ReadModelGeneration>>(
            session => [.. Generations.ReadAll(session).Select(r => r.Public)], cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredDocument>> LoadAsync(
        string name, int generation, IReadOnlyList<DocumentKey> keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var sql = Documents(TableName(name, generation));
        return database.ReadAsync<IReadOnlyList<StoredDocument>>(
            session => session.InSnapshot(() => Load(session, sql, keys)), cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredDocument>> LoadAsync(
        IStoreTransaction transaction, string name, int generation, IReadOnlyList<DocumentKey> keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var sql = Documents(TableName(name, generation));

        // The write lock holds every key; nothing finer is needed.
        return SqliteDatabase.Of(transaction).RunAsync<IReadOnlyList<StoredDocument>>(
            session => Load(session, sql, keys), writes: true, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask CommitAsync(ReadModelCommit commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        await WriteAsync(session => Write(session, commit), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public ValueTask BoundIdleAsync(IStoreTransaction transaction, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc />
    public async ValueTask WriteAsync(IStoreTransaction transaction, ReadModelCommit commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        await SqliteDatabase.Of(transaction).RunAsync(
            session =>
            {
                Write(session, commit);
                return true;
            },
            writes: true,
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredDocument>> ReadLiveAsync(
        string name, TenantId tenant, string? afterKey, int countMax, CancellationToken cancellationToken)
    {
        var sql = Documents(ViewName(name));
        return database.ReadAsync<IReadOnlyList<StoredDocument>>(
            session =>
            {
                CheckLive(session, name);
                var documents = new List<StoredDocument>();
                using var rows = session.Prepare(sql.Page)
                    .Bind(1, tenant.Value).Bind(2, afterKey ?? "").Bind(3, afterKey).Bind(4, Math.Max(0, countMax));
                while (rows.Step())
                    documents.Add(new(new(tenant, rows.Text(0)), rows.Utf8(1).ToArray(), new(rows.Int64(2)), new(rows.Int64(3))));
                return documents;
            },
            cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<StoredDocument?> FindLiveAsync(string name, DocumentKey key, CancellationToken cancellationToken)
    {
        var sql = Documents(ViewName(name));
        return database.ReadAsync(
            session =>
            {
                CheckLive(session, name);
                return Find(session.Prepare(sql.Load), key);
            },
            cancellationToken);
    }

    /// <inheritdoc />
    public string TableName(string name, int generation) => TableNames.Table(name, generation);

    /// <inheritdoc />
    public string ViewName(string name) => TableNames.Quote(name);

    private DocumentSql Documents(string table) => _documents.GetOrAdd(table, DocumentSql.For);

    private async ValueTask WriteAsync(Action<SqliteSession> write, CancellationToken cancellationToken) =>
        await database.Writer.WriteAsync(
            session =>
            {
                write(session);
                return (true, true);
            },
            cancellationToken).ConfigureAwait(false);

    private static void CheckLive(SqliteSession session, string name)
    {
        using var row = session.Prepare(SqlText.FindRelationKind).Bind(1, name);
        if (!row.Step())
            throw new InvalidOperationException($"There is no read model '{name}'. Its projection makes it when it is prepared.");
    }

    private static List<StoredDocument> Load(SqliteSession session, DocumentSql sql, IReadOnlyList<DocumentKey> keys)
    {
        var found = new List<StoredDocument>(keys.Count);
        var load = session.Prepare(sql.Load);
        foreach (var key in keys)
        {
            if (Find(load, key) is { } document)
                found.Add(document);
        }

        return found;
    }

    private static StoredDocument? Find(Statement load, DocumentKey key)
    {
        using var row = load.Bind(1, key.Tenant.Value).Bind(2, key.Key);
        return row.Step() ? new StoredDocument(key, row.Utf8(0).ToArray(), new(row.Int64(1)), new(row.Int64(2))) : null;
    }

    // The fence comes first: what follows would be thrown away when it refuses.
    private void Write(SqliteSession session, ReadModelCommit commit)
    {
        if (commit.Move is not null)
            SqliteCheckpoints.Move(session, commit.Move, database.Now);
        foreach (var changes in commit.Documents)
            Write(session, changes);
        foreach (var changes in commit.Rows)
            Write(session, changes);
        Parking.Write(session, commit, database.Now);
        SqliteOutbox.Write(session, commit.Messages, database.Now);
    }

    private void Write(SqliteSession session, DocumentChanges changes)
    {
        var sql = Documents(TableName(changes.Name, changes.Generation));
        if (changes.Deletes.Count > 0)
        {
            var delete = session.Prepare(sql.Delete);
            foreach (var key in changes.Deletes)
                delete.Bind(1, key.Tenant.Value).Bind(2, key.Key).Run();
        }

        if (changes.Upserts.Count == 0)
            return;
        var upsert = session.Prepare(sql.Upsert);
        foreach (var document in changes.Upserts)
        {
            upsert
                .Bind(1, document.Key.Tenant.Value).Bind(2, document.Key.Key).BindUtf8(3, document.Json.Span)
                .Bind(4, document.Version.Value).Bind(5, document.Position.Value).Run();
        }
    }

    private static void Write(SqliteSession session, RowChanges changes)
    {
        if (changes.Deletes.Count > 0)
        {
            var delete = session.Prepare(FlatTableSql.Delete(changes.Schema, changes.Generation));
            foreach (var key in changes.Deletes)
                delete.Bind(1, key).Run();
        }

        foreach (var group in changes.Upserts)
        {
            var upsert = session.Prepare(FlatTableSql.Upsert(changes.Schema, changes.Generation, group.Columns));
            for (var row = 0; row < group.Keys.Count; row++)
            {
                upsert.Bind(1, group.Keys[row]);
                for (var column = 0; column < group.Columns.Count; column++)
                    FlatTableSql.Bind(upsert, column + 2, group.Columns[column].Column, group.Values[column][row]);
                upsert.Run();
            }
        }
    }
}
