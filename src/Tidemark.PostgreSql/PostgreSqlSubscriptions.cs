using Npgsql;
using Tidemark.Delivery;
using Tidemark.Events;

namespace Tidemark.PostgreSql;

/// <summary>
/// Subscriptions. The rules are in the functions of Migrations/0012_subscriptions.sql; each call is one statement that is safe to repeat.
/// </summary>
internal sealed class PostgreSqlSubscriptions(ConnectionScope scope, SqlTexts sql) : ISubscriptionStore
{
    private readonly string _read = sql["read_subscriptions"];
    private readonly string _add = sql["add_subscription"];
    private readonly string _change = sql["change_subscription"];
    private readonly string _remove = sql["remove_subscription"];

    public ValueTask<SubscriptionRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken) =>
        CallAsync(
            _read,
            parameters => parameters.With(knownChange),
            async (command, token) =>
            {
                long? change = null;
                var subscriptions = new List<Subscription>();
                var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(token).ConfigureAwait(false))
                    {
                        change = reader.GetInt64(0);
                        if (!reader.IsDBNull(1))
                            subscriptions.Add(Row(reader, 1));
                    }
                }

                return change is null ? null : new SubscriptionRoll(change.Value, subscriptions);
            },
            cancellationToken);

    public ValueTask<Subscription> AddAsync(
        SubscriptionDefinition definition, IReadOnlyDictionary<string, Position> starts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return CallAsync(
            _add,
            parameters => parameters.With(definition.Name).With(DefinitionSerializer.Write(definition))
                .With(DefinitionSerializer.WriteStarts(starts)),
            async (command, token) =>
            {
                var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    await reader.ReadAsync(token).ConfigureAwait(false);
                    return Row(reader, 0);
                }
            },
            cancellationToken);
    }

    public ValueTask<bool> ChangeAsync(SubscriptionDefinition definition, int incarnation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return CallAsync(
            _change,
            parameters => parameters.With(definition.Name).With(incarnation).With(DefinitionSerializer.Write(definition)),
            static async (command, token) => await command.ExecuteScalarAsync(token).ConfigureAwait(false) is true,
            cancellationToken);
    }

    public ValueTask<bool> RemoveAsync(string name, int incarnation, CancellationToken cancellationToken) =>
        CallAsync(
            _remove,
            parameters => parameters.With(name).With(incarnation),
            static async (command, token) => await command.ExecuteScalarAsync(token).ConfigureAwait(false) is true,
            cancellationToken);

    private static Subscription Row(NpgsqlDataReader row, int first) => new(
        DefinitionSerializer.Read(row.GetString(first), row.GetString(first + 2)),
        row.GetInt32(first + 1),
        DefinitionSerializer.ReadStarts(row.GetString(first), row.GetString(first + 3)),
        new DateTimeOffset(row.GetDateTime(first + 4)));

    private ValueTask<T> CallAsync<T>(
        string text, Func<NpgsqlParameterCollection, NpgsqlParameterCollection> bind,
        Func<NpgsqlCommand, CancellationToken, ValueTask<T>> run, CancellationToken cancellationToken) =>
        scope.ReadAsync(
            static async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(call.Text, connection);
                await using (command.ConfigureAwait(false))
                {
                    call.Bind(command.Parameters);
                    return await call.Run(command, token).ConfigureAwait(false);
                }
            },
            (Text: text, Bind: bind, Run: run),
            cancellationToken);
}
