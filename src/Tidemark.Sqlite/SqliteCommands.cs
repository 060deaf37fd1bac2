using Tidemark.Control;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite;

/// <summary>Operator commands in an SQLite file. Numbers are drawn under the write lock, so they are in the order of the commits.</summary>
internal sealed class SqliteCommands(SqliteDatabase database) : ICommandStore
{
    /// <inheritdoc />
    public ValueTask<long> AddAsync(
        OperatorAction action, string target, string? argument, string requestedBy, CancellationToken cancellationToken)
    {
        OperatorCommand.CheckRequest(action, target, argument, requestedBy);
        return database.Writer.WriteAsync(
            session =>
            {
                using var row = session.Prepare(SqlText.AddCommand)
                    .Bind(1, (long)action).Bind(2, target).Bind(3, argument).Bind(4, requestedBy).Bind(5, Microseconds.Of(database.Now));
                row.Step();
                return (row.Int64(0), true);
            },
            cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<OperatorCommand?> FindAsync(long number, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(s => s.Prepare(SqlText.FindCommand).Bind(1, number), cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<OperatorCommand>> ReadOpenAsync(CancellationToken cancellationToken) =>
        ReadAsync(s => s.Prepare(SqlText.ReadOpenCommands), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<OperatorCommand>> ReadAsync(long? before, int countMax, CancellationToken cancellationToken) =>
        ReadAsync(
            s => s.Prepare(SqlText.ReadCommands).Bind(1, before ?? long.MaxValue).Bind(2, Math.Max(0, countMax)), cancellationToken);

    /// <inheritdoc />
    public ValueTask<bool> TakeAsync(long number, Guid node, CancellationToken cancellationToken) =>
        WriteAsync(
            s => s.Prepare(SqlText.TakeCommand).Bind(1, number).Bind(2, node).Bind(3, Microseconds.Of(database.Now)), cancellationToken);

    /// <inheritdoc />
    public ValueTask<bool> EndAsync(long number, Guid node, bool succeeded, string result, CancellationToken cancellationToken)
    {
        var state = succeeded ? CommandState.Succeeded : CommandState.Failed;
        var fit = OperatorCommand.FitResult(result);
        return WriteAsync(
            s => s.Prepare(SqlText.EndCommand)
                .Bind(1, number).Bind(2, node).Bind(3, (long)state).Bind(4, fit).Bind(5, Microseconds.Of(database.Now)),
            cancellationToken);
    }

    private ValueTask<bool> WriteAsync(Func<SqliteSession, Statement> prepare, CancellationToken cancellationToken) =>
        database.WriteIdempotentlyAsync(
            session =>
            {
                prepare(session).Run();
                var done = session.Changes() > 0;
                return (done, done);
            },
            create: false,
            cancellationToken);

    private ValueTask<IReadOnlyList<OperatorCommand>> ReadAsync(
        Func<SqliteSession, Statement> prepare, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<OperatorCommand>>(
            session =>
            {
                var commands = new List<OperatorCommand>();
                using var rows = prepare(session);
                while (rows.Step())
                    commands.Add(Row(rows));
                return commands;
            },
            cancellationToken);

    private static OperatorCommand Row(Statement row) => new(
        row.Int64(0),
        (OperatorAction)row.Int64(1),
        row.Text(2),
        row.IsNull(3) ? null : row.Text(3),
        row.Text(4),
        Microseconds.ToMoment(row.Int64(5)),
        (CommandState)row.Int64(6),
        row.IsNull(7) ? null : row.Id(7),
        row.IsNull(8) ? null : row.Text(8),
        row.IsNull(9) ? null : Microseconds.ToMoment(row.Int64(9)));
}
