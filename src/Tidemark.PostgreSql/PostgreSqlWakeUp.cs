using Npgsql;
using Tidemark.HighWater;

namespace Tidemark.PostgreSql;

/// <summary>
/// Hints by LISTEN and NOTIFY on a channel named after the schema; the payload is empty for appends, "l" for leases, and "a" with a name
/// for appends to the tenant database of that name. Listening holds one connection outside the pool and sends nothing while it waits: TCP
/// keepalive finds a dead connection.
/// </summary>
/// <param name="scope">For sending.</param>
/// <param name="sql">The statements.</param>
/// <param name="openListener">Opens the connection to listen on; null when there is none that could.</param>
internal sealed class PostgreSqlWakeUp(
    ConnectionScope scope, SqlTexts sql, Func<CancellationToken, ValueTask<NpgsqlConnection>>? openListener) : IWakeUpChannel
{
    private const string LeasesPayload = "l";
    private const string TenantPrefix = "a";

    private readonly string _notify = sql["notify"];
    private readonly string _channel = $"tidemark:{sql.Schema}";

    /// <summary>Those in this process who listen for a tenant database.</summary>
    public TenantHints Tenants { get; } = new();

    public bool CanListen => openListener is not null;

    public ValueTask NotifyAsync(WakeUp what, CancellationToken cancellationToken) =>
        SendAsync(what == WakeUp.Leases ? LeasesPayload : "", cancellationToken);

    /// <summary>Hints that something was appended to a tenant database.</summary>
    public ValueTask NotifyTenantAsync(string database, CancellationToken cancellationToken) =>
        SendAsync(TenantPrefix + database, cancellationToken);

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
                    OnHint(notification.Payload, wake);
            };
            var command = new NpgsqlCommand($"listen {SqlTexts.Quote(_channel)}", connection);
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            wake(WakeUp.Appended);
            wake(WakeUp.Leases);
            var listening = Tenants.Begin();
            try
            {
                while (true)
                    await connection.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                Tenants.End(listening);
            }
        }
    }

    private void OnHint(string payload, Action<WakeUp> wake)
    {
        if (payload.StartsWith(TenantPrefix, StringComparison.Ordinal))
            Tenants.Wake(payload[TenantPrefix.Length..]);
        else
            wake(payload == LeasesPayload ? WakeUp.Leases : WakeUp.Appended);
    }

    private async ValueTask SendAsync(string payload, CancellationToken cancellationToken) =>
        await scope.WriteAsync(
            async (connection, text, token) =>
            {
                var command = new NpgsqlCommand(_notify, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(_channel).With(text);
                    return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
                }
            },
            payload,
            cancellationToken).ConfigureAwait(false);
}
