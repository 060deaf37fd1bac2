using Npgsql;
using Tidemark.Leases;

namespace Tidemark.PostgreSql;

/// <summary>Roster and leases. The rules are in the functions of Migrations/0006_leases.sql; each call is one statement.</summary>
internal sealed class PostgreSqlLeases(ConnectionScope scope, SqlTexts sql) : ILeaseStore
{
    private readonly string _tick = sql["tick_leases"];
    private readonly string _leave = sql["leave_leases"];
    private readonly string _change = sql["change_leases"];
    private readonly string _read = sql["read_leases"];

    public ValueTask<LeaseView> TickAsync(LeaseTick tick, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tick);
        return scope.ReadAsync(
            (connection, call, token) => ViewAsync(connection, _tick, p => LeaseParameters.AddTick(p, call), token),
            tick,
            cancellationToken);
    }

    public async ValueTask LeaveAsync(Guid node, CancellationToken cancellationToken) =>
        await scope.ReadAsync(
            async (connection, id, token) =>
            {
                var command = new NpgsqlCommand(_leave, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(id);
                    return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
                }
            },
            node,
            cancellationToken).ConfigureAwait(false);

    public ValueTask<bool> ChangeAsync(LeaseChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return scope.WriteAsync(
            async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(_change, connection);
                await using (command.ConfigureAwait(false))
                {
                    LeaseParameters.AddChange(command.Parameters, call);
                    return await command.ExecuteScalarAsync(token).ConfigureAwait(false) is true;
                }
            },
            change,
            cancellationToken);
    }

    public ValueTask<LeaseView> ReadAsync(CancellationToken cancellationToken) =>
        scope.ReadAsync((connection, _, token) => ViewAsync(connection, _read, _ => { }, token), 0, cancellationToken);

    private static async ValueTask<LeaseView> ViewAsync(
        NpgsqlConnection connection, string text, Action<NpgsqlParameterCollection> add, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(text, connection);
        await using (command.ConfigureAwait(false))
        {
            add(command.Parameters);
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                return LeaseDocument.Read(reader.GetFieldValue<byte[]>(0));
            }
        }
    }
}
