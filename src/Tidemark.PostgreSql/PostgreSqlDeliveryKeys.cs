using Npgsql;
using Tidemark.Delivery;

namespace Tidemark.PostgreSql;

/// <summary>
/// The keys of remote consumers. The rules are in the functions of Migrations/0013_delivery_keys.sql; each call is one statement that is
/// safe to repeat.
/// </summary>
internal sealed class PostgreSqlDeliveryKeys(ConnectionScope scope, SqlTexts sql) : IDeliveryKeyStore
{
    private readonly string _read = sql["read_delivery_keys"];
    private readonly string _add = sql["add_delivery_key"];
    private readonly string _revoke = sql["revoke_delivery_key"];

    public ValueTask<DeliveryKeyRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken) =>
        scope.ReadAsync(
            static async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(call.Text, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(call.Known);
                    long? change = null;
                    var keys = new List<StoredDeliveryKey>();
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(token).ConfigureAwait(false))
                        {
                            change = reader.GetInt64(0);
                            if (!reader.IsDBNull(1))
                                keys.Add(Row(reader, 1));
                        }
                    }

                    return change is null ? null : new DeliveryKeyRoll(change.Value, keys);
                }
            },
            (Text: _read, Known: knownChange),
            cancellationToken);

    public ValueTask<StoredDeliveryKey> AddAsync(StoredDeliveryKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        return scope.ReadAsync(
            static async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(call.Text, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(call.Key.Key.Id).With(call.Key.Key.Name).With(call.Key.Hash)
                        .With(DeliveryKeySerializer.Write(call.Key.Key.Scope));
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        await reader.ReadAsync(token).ConfigureAwait(false);
                        return Row(reader, 0);
                    }
                }
            },
            (Text: _add, Key: key),
            cancellationToken);
    }

    public ValueTask<bool> RevokeAsync(string id, CancellationToken cancellationToken) =>
        scope.ReadAsync(
            static async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(call.Text, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(call.Id);
                    return await command.ExecuteScalarAsync(token).ConfigureAwait(false) is true;
                }
            },
            (Text: _revoke, Id: id),
            cancellationToken);

    private static StoredDeliveryKey Row(NpgsqlDataReader row, int first) => new(
        new DeliveryKey(
            row.GetString(first), row.GetString(first + 1), DeliveryKeySerializer.Read(row.GetString(first), row.GetString(first + 3)),
            new DateTimeOffset(row.GetDateTime(first + 4)),
            row.IsDBNull(first + 5) ? null : new DateTimeOffset(row.GetDateTime(first + 5))),
        row.GetString(first + 2));
}
