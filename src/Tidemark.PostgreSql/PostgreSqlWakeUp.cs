using Npgsql;
using Tidemark.HighWater;

namespace Tidemark.PostgreSql;

/// <summary>
/// Hints by LISTEN and NOTIFY on a channel named after the schema; the payload is empty for appends, and "l" for leases. Listening holds
/// one connection outside the pool and sends nothing while it waits: TCP keepalive finds a dead connection.
/// </summary>
/// <param name="scope">For sending.</param>
/// <param name="sql">The statements.</param>
/// <param name="openListener">Opens the connection to listen on; null when there is none that could.</param>
internal sealed class PostgreSqlWakeUp(
    ConnectionScope scope, SqlTexts sql, Func<CancellationToken, ValueTask<NpgsqlConnection>>? openListener) : IWakeUpChannel
{
    private const string LeasesPayload = "l";

    private readonly string _notify = sql["notify"];
    private readonly string _channel = $"tidemark:{sql.Schema}";

    public bool CanListen => openListener is not null;

    public async ValueTask NotifyAsync(WakeUp what, CancellationToken cancellationToken) =>
        await scope.WriteAsync(
            async (connection, payload, token) =>
            {
                var command = new NpgsqlCommand(_notify, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(_channel).With(payload);
                    return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
                }
            },
            what == WakeUp.Leases ? LeasesPayload : "",
            cancellationToken).ConfigureAwait(false);

    public async Task ListenAsync(Action<WakeUp> wake, CancellationToken cancellationToken)
    {
        if (openListener is null)
        {
            throw new InvalidOperationException(
                $"Nothing to listen on behind a transaction pooler; set {nameof(PostgreSqlOptions.ListenConnectionString)}.");
        }

        var connection = await openListener(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            connection.Notification += (_, notification) =>
            {
                if (notification.Channel == _channel)
                    wake(notification.Payload == LeasesPayload ? WakeUp.Leases : WakeUp.Appended);
            };
            var command = new NpgsqlCommand($"listen {SqlTexts.Quote(_channel)}", connection);
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            wake(WakeUp.Appended);
            wake(WakeUp.Leases);
            while (true)
                await connection.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
