using Tidemark.HighWater;

namespace Tidemark.PostgreSql;

/// <summary>
/// Hints for a tenant database through the coordination database's connection: hundreds of them need no connection of their own to listen.
/// Hints arrive while this process listens on the coordination database; listening waits for that, and returns when it ends, so that nobody
/// relies on hints that cannot come.
/// </summary>
internal sealed class TenantWakeUp(PostgreSqlWakeUp coordination, string database) : IWakeUpChannel
{
    public bool CanListen => coordination.CanListen;

    public ValueTask NotifyAsync(WakeUp what, CancellationToken cancellationToken) =>
        what == WakeUp.Leases
            ? coordination.NotifyAsync(what, cancellationToken)
            : coordination.NotifyTenantAsync(database, cancellationToken);

    public async Task ListenAsync(Action<WakeUp> wake, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wake);
        var begun = false;
        await coordination.Tenants.ListenAsync(
            database,
            () =>
            {
                wake(WakeUp.Appended);
                if (!Interlocked.Exchange(ref begun, true))
                    wake(WakeUp.Leases);
            },
            cancellationToken).ConfigureAwait(false);
    }
}
