using Npgsql;
using NpgsqlTypes;
using Tidemark.Events;
using Tidemark.Projections;

namespace Tidemark.PostgreSql;

/// <summary>The outbox of the event database. Messages are written by the commit of a read model; see <see cref="AddMessages"/>.</summary>
internal sealed class PostgreSqlOutbox(ConnectionScope scope, SqlTexts sql) : IOutboxStore
{
    private readonly string _read = sql["read_messages"];
    private readonly string _delete = sql["delete_messages"];

    public ValueTask<IReadOnlyList<OutboxMessage>> ReadAsync(
        string projection, SlotRange slots, int countMax, CancellationToken cancellationToken) =>
        scope.ReadAsync<(string Projection, SlotRange Slots, int CountMax), IReadOnlyList<OutboxMessage>>(
            async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(_read, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(call.Projection).With(call.Slots.First).With(call.Slots.Last).With(call.CountMax);
                    var messages = new List<OutboxMessage>();
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(token).ConfigureAwait(false))
                            messages.Add(Row(reader, call.Projection));
                    }

                    return messages;
                }
            },
            (projection, slots, countMax),
            cancellationToken);

    public async ValueTask DeleteAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        await scope.ReadAsync(
            async (connection, gone, token) =>
            {
                var command = new NpgsqlCommand(_delete, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(gone);
                    return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
                }
            },
            ids.ToArray(),
            cancellationToken).ConfigureAwait(false);

    /// <summary>The parameters of the statement insert_messages.</summary>
    public static void AddMessages(NpgsqlParameterCollection parameters, IReadOnlyList<OutboxMessage> messages) =>
        parameters
            .With(Column(messages, m => m.Id))
            .With(Column(messages, m => m.Projection))
            .With(Column(messages, m => m.Slot))
            .With(Column(messages, m => m.Position.Value))
            .With(Column(messages, m => m.Ordinal))
            .With(Column(messages, m => m.EventId))
            .With(Column(messages, m => m.Tenant.Value))
            .With(Column(messages, m => m.Name))
            .With(Column(messages, m => m.Json), NpgsqlDbType.Array | NpgsqlDbType.Json);

    private static T[] Column<T>(IReadOnlyList<OutboxMessage> messages, Func<OutboxMessage, T> value) => [.. messages.Select(value)];

    private static OutboxMessage Row(NpgsqlDataReader row, string projection) => new(
        row.GetGuid(0),
        projection,
        row.GetGuid(1),
        new(row.GetInt64(2)),
        row.GetInt32(3),
        TenantId.Trusted(row.GetString(4)),
        row.GetInt16(5),
        row.GetString(6),
        row.GetFieldValue<byte[]>(7));
}
