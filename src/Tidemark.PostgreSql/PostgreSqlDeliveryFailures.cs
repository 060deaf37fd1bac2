using Npgsql;
using NpgsqlTypes;
using Tidemark.Delivery;
using Tidemark.Leases;

namespace Tidemark.PostgreSql;

/// <summary>The failures that shards of subscriptions stand at.</summary>
internal sealed class PostgreSqlDeliveryFailures(ConnectionScope scope, SqlTexts sql) : IDeliveryFailureStore
{
    private readonly string _read = sql["read_delivery_failures"];
    private readonly string _save = sql["save_delivery_failure"];
    private readonly string _clear = sql["clear_delivery_failures"];

    public async ValueTask<DeliveryFailure?> FindAsync(ShardName shard, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shard);
        return await ReadAsync(shard.ToString(), cancellationToken).ConfigureAwait(false) is [var failure] ? failure : null;
    }

    public ValueTask<IReadOnlyList<DeliveryFailure>> ReadAllAsync(CancellationToken cancellationToken) =>
        ReadAsync(null, cancellationToken);

    public async ValueTask SaveAsync(DeliveryFailure failure, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(failure);
        await scope.ReadAsync(
            async (connection, f, token) =>
            {
                var command = new NpgsqlCommand(_save, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(f.Shard.ToString()).With(f.Position.Value).With(f.Attempts)
                        .With(f.FirstFailedAt.ToUniversalTime()).With(f.LastFailedAt.ToUniversalTime()).With(f.Reason).With(f.IsFaulted);
                    return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
                }
            },
            failure,
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask ClearAsync(IReadOnlyList<ShardName> shards, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shards);
        await scope.ReadAsync(
            async (connection, names, token) =>
            {
                var command = new NpgsqlCommand(_clear, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(names);
                    return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
                }
            },
            shards.Select(s => s.ToString()).ToArray(),
            cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<IReadOnlyList<DeliveryFailure>> ReadAsync(string? shard, CancellationToken cancellationToken) =>
        scope.ReadAsync<string?, IReadOnlyList<DeliveryFailure>>(
            async (connection, name, token) =>
            {
                var command = new NpgsqlCommand(_read, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.WithNullable(name, NpgsqlDbType.Text);
                    var failures = new List<DeliveryFailure>();
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(token).ConfigureAwait(false))
                            failures.Add(Row(reader));
                    }

                    return failures;
                }
            },
            shard,
            cancellationToken);

    private static DeliveryFailure Row(NpgsqlDataReader row) => new(
        ShardName.Parse(row.GetString(0)),
        new(row.GetInt64(1)),
        row.GetInt32(2),
        new DateTimeOffset(row.GetDateTime(3)),
        new DateTimeOffset(row.GetDateTime(4)),
        row.GetString(5),
        row.GetBoolean(6));
}
