using Npgsql;
using NpgsqlTypes;
using Tidemark.Control;

namespace Tidemark.PostgreSql;

/// <summary>Operator commands: one row each.</summary>
internal sealed class PostgreSqlCommands(ConnectionScope scope, SqlTexts sql) : ICommandStore
{
    private readonly string _add = sql["add_command"];
    private readonly string _find = sql["find_command"];
    private readonly string _readOpen = sql["read_open_commands"];
    private readonly string _read = sql["read_commands"];
    private readonly string _take = sql["take_command"];
    private readonly string _end = sql["end_command"];

    public ValueTask<long> AddAsync(
        OperatorAction action, string target, string? argument, string requestedBy, CancellationToken cancellationToken)
    {
        OperatorCommand.CheckRequest(action, target, argument, requestedBy);
        return scope.WriteAsync(
            async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(_add, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With((short)call.Action).With(call.Target).WithNullable(call.Argument, NpgsqlDbType.Text)
                        .With(call.RequestedBy);
                    return (long)(await command.ExecuteScalarAsync(token).ConfigureAwait(false))!;
                }
            },
            (Action: action, Target: target, Argument: argument, RequestedBy: requestedBy),
            cancellationToken);
    }

    public async ValueTask<OperatorCommand?> FindAsync(long number, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(_find, p => p.With(number), cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    public ValueTask<IReadOnlyList<OperatorCommand>> ReadOpenAsync(CancellationToken cancellationToken) =>
        ReadAsync(_readOpen, _ => { }, cancellationToken);

    public ValueTask<IReadOnlyList<OperatorCommand>> ReadAsync(long? before, int countMax, CancellationToken cancellationToken) =>
        ReadAsync(_read, p => p.With(before ?? long.MaxValue).With(Math.Max(0, countMax)), cancellationToken);

    public ValueTask<bool> TakeAsync(long number, Guid node, CancellationToken cancellationToken) =>
        WriteAsync(_take, p => p.With(number).With(node), cancellationToken);

    public ValueTask<bool> EndAsync(long number, Guid node, bool succeeded, string result, CancellationToken cancellationToken)
    {
        var state = succeeded ? CommandState.Succeeded : CommandState.Failed;
        var fit = OperatorCommand.FitResult(result);
        return WriteAsync(_end, p => p.With(number).With(node).With((short)state).With(fit), cancellationToken);
    }

    private ValueTask<bool> WriteAsync(string text, Action<NpgsqlParameterCollection> add, CancellationToken cancellationToken) =>
        scope.ReadAsync(
            static async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(call.Text, connection);
                await using (command.ConfigureAwait(false))
                {
                    call.Add(command.Parameters);
                    return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false) > 0;
                }
            },
            (Text: text, Add: add),
            cancellationToken);

    private ValueTask<IReadOnlyList<OperatorCommand>> ReadAsync(
        string text, Action<NpgsqlParameterCollection> add, CancellationToken cancellationToken) =>
        scope.ReadAsync<(string Text, Action<NpgsqlParameterCollection> Add), IReadOnlyList<OperatorCommand>>(
            static async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(call.Text, connection);
                await using (command.ConfigureAwait(false))
                {
                    call.Add(command.Parameters);
                    var commands = new List<OperatorCommand>();
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(token).ConfigureAwait(false))
                            commands.Add(Row(reader));
                    }

                    return commands;
                }
            },
            (text, add),
            cancellationToken);

    private static OperatorCommand Row(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        (OperatorAction)row.GetInt16(1),
        row.GetString(2),
        row.IsDBNull(3) ? null : row.GetString(3),
        row.GetString(4),
        new DateTimeOffset(row.GetDateTime(5)),
        (CommandState)row.GetInt16(6),
        row.IsDBNull(7) ? null : row.GetGuid(7),
        row.IsDBNull(8) ? null : row.GetString(8),
        row.IsDBNull(9) ? null : new DateTimeOffset(row.GetDateTime(9)));
}
