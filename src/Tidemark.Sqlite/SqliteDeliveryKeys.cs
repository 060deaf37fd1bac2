using Tidemark.Delivery;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite;

/// <summary>The keys of remote consumers in an SQLite file. Each change is one transaction under the write lock.</summary>
internal sealed class SqliteDeliveryKeys(SqliteDatabase file) : IDeliveryKeyStore
{
    /// <inheritdoc />
    public ValueTask<DeliveryKeyRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken) =>
        file.ReadAsync(
            session =>
            {
                long? change = null;
                var keys = new List<StoredDeliveryKey>();
                using var rows = session.Prepare(SqlText.ReadDeliveryKeys).Bind(1, knownChange);
                while (rows.Step())
                {
                    change = rows.Int64(0);
                    if (!rows.IsNull(1))
                        keys.Add(Row(rows, 1));
                }

                return change is null ? null : new DeliveryKeyRoll(change.Value, keys);
            },
            cancellationToken);

    /// <inheritdoc />
    public ValueTask<StoredDeliveryKey> AddAsync(StoredDeliveryKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        return file.WriteIdempotentlyAsync(
            session =>
            {
                session.Prepare(SqlText.AddDeliveryKey)
                    .Bind(1, key.Key.Id).Bind(2, key.Key.Name).Bind(3, key.Hash).Bind(4, DeliveryKeySerializer.Write(key.Key.Scope))
                    .Bind(5, Microseconds.Of(file.Now)).Run();
                var changed = session.Changes() > 0;
                using var row = session.Prepare(SqlText.FindDeliveryKey).Bind(1, key.Key.Id);
                row.Step();
                return (Row(row, 0), changed);
            },
            create: false,
            cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<bool> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        return file.WriteIdempotentlyAsync(
            session =>
            {
                session.Prepare(SqlText.RevokeDeliveryKey).Bind(1, id).Bind(2, Microseconds.Of(file.Now)).Run();
                var changed = session.Changes() > 0;
                using var row = session.Prepare(SqlText.FindDeliveryKey).Bind(1, id);
                return (row.Step(), changed);
            },
            create: false,
            cancellationToken);
    }

    private static StoredDeliveryKey Row(Statement row, int first) => new(
        new DeliveryKey(
            row.Text(first), row.Text(first + 1), DeliveryKeySerializer.Read(row.Text(first), row.Text(first + 3)),
            Microseconds.ToMoment(row.Int64(first + 4)),
            row.IsNull(first + 5) ? null : Microseconds.ToMoment(row.Int64(first + 5))),
        row.Text(first + 2));
}
