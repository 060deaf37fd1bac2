using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite;

/// <summary>
/// Subscriptions in an SQLite file. Each change is one transaction under the write lock, with its count: of two who add the same one at
/// once, the second one finds the first one's row.
/// </summary>
internal sealed class SqliteSubscriptions(SqliteDatabase file) : ISubscriptionStore
{
    /// <inheritdoc />
    public ValueTask<SubscriptionRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken) =>
        file.ReadAsync(
            session =>
            {
                long? change = null;
                var subscriptions = new List<Subscription>();
                using var rows = session.Prepare(SqlText.ReadSubscriptions).Bind(1, knownChange);
                while (rows.Step())
                {
                    change = rows.Int64(0);
                    if (!rows.IsNull(1))
                        subscriptions.Add(Row(rows, 1));
                }

                return change is null ? null : new SubscriptionRoll(change.Value, subscriptions);
            },
            cancellationToken);

    /// <inheritdoc />
    public ValueTask<Subscription> AddAsync(
        SubscriptionDefinition definition, IReadOnlyDictionary<string, Position> starts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return file.WriteIdempotentlyAsync(
            session =>
            {
                session.Prepare(SqlText.AddSubscription)
                    .Bind(1, definition.Name).Bind(2, DefinitionSerializer.Write(definition))
                    .Bind(3, DefinitionSerializer.WriteStarts(starts))
                    .Bind(4, Microseconds.Of(file.Now)).Run();
                var changed = Counted(session);
                using var row = session.Prepare(SqlText.FindSubscription).Bind(1, definition.Name);
                row.Step();
                return (Row(row, 0), changed);
            },
            create: false,
            cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<bool> ChangeAsync(SubscriptionDefinition definition, int incarnation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return file.WriteIdempotentlyAsync(
            session =>
            {
                session.Prepare(SqlText.ChangeSubscription)
                    .Bind(1, definition.Name).Bind(2, incarnation).Bind(3, DefinitionSerializer.Write(definition)).Run();
                var changed = Counted(session);
                using var row = session.Prepare(SqlText.FindSubscription).Bind(1, definition.Name);
                return (row.Step() && row.Int64(1) == incarnation, changed);
            },
            create: false,
            cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<bool> RemoveAsync(string name, int incarnation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        return file.WriteIdempotentlyAsync(
            session =>
            {
                session.Prepare(SqlText.RemoveSubscription).Bind(1, name).Bind(2, incarnation).Run();
                var removed = Counted(session);
                return (removed, removed);
            },
            create: false,
            cancellationToken);
    }

    private static bool Counted(SqliteSession session)
    {
        if (session.Changes() == 0)
            return false;
        session.Prepare(SqlText.CountSubscriptionChange).Run();
        return true;
    }

    private static Subscription Row(Statement row, int first) => new(
        DefinitionSerializer.Read(row.Text(first), row.Text(first + 2)),
        (int)row.Int64(first + 1),
        DefinitionSerializer.ReadStarts(row.Text(first), row.Text(first + 3)),
        Microseconds.ToMoment(row.Int64(first + 4)));
}
