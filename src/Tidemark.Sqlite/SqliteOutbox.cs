using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite;

/// <summary>The outbox in an SQLite file.</summary>
internal sealed class SqliteOutbox(SqliteDatabase database) : IOutboxStore
{
    /// <inheritdoc />
    public ValueTask<IReadOnlyList<OutboxMessage>> ReadAsync(
        string projection, SlotRange slots, int countMax, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<OutboxMessage>>(
            session =>
            {
                var messages = new List<OutboxMessage>();
                using var rows = session.Prepare(SqlText.ReadMessages)
                    .Bind(1, projection).Bind(2, slots.First).Bind(3, slots.Last).Bind(4, Math.Max(0, countMax));
                while (rows.Step())
                {
                    messages.Add(new OutboxMessage(
                        rows.Id(0), projection, rows.Id(1), new Position(rows.Int64(2)), (int)rows.Int64(3),
                        TenantId.Trusted(rows.Text(4)), (short)rows.Int64(5), rows.Text(6), rows.Utf8(7).ToArray()));
                }

                return messages;
            },
            cancellationToken);

    /// <inheritdoc />
    public async ValueTask DeleteAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        await database.WriteIdempotentlyAsync(
            session =>
            {
                var delete = session.Prepare(SqlText.DeleteMessage);
                foreach (var id in ids)
                    delete.Bind(1, id).Run();
                return (true, true);
            },
            create: false,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stores messages inside a transaction that holds the write lock.</summary>
    internal static void Write(SqliteSession session, IReadOnlyList<OutboxMessage> messages, DateTimeOffset now)
    {
        if (messages.Count == 0)
            return;
        var insert = session.Prepare(SqlText.InsertMessage);
        foreach (var message in messages)
        {
            insert
                .Bind(1, message.Id).Bind(2, message.Projection).Bind(3, message.Slot).Bind(4, message.Position.Value)
                .Bind(5, message.Ordinal).Bind(6, message.EventId).Bind(7, message.Tenant.Value).Bind(8, message.Name)
                .BindUtf8(9, message.Json.Span).Bind(10, Microseconds.Of(now)).Run();
        }
    }
}
