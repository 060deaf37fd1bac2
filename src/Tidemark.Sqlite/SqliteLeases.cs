using Tidemark.Leases;
using Tidemark.Sqlite.Coordination;

namespace Tidemark.Sqlite;

/// <summary>
/// Roster and leases in an SQLite file. Each call is one transaction under the write lock, so changes are in the order of the commits, and
/// a heartbeat cannot fall between a look at a node and the claim of its shards.
/// </summary>
internal sealed class SqliteLeases(SqliteDatabase database) : ILeaseStore
{
    /// <inheritdoc />
    public ValueTask<LeaseView> TickAsync(LeaseTick tick, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tick);
        return database.WriteIdempotentlyAsync(
            session => (new LeaseWriter(session, database.Now).Tick(tick), true), create: false, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask LeaveAsync(Guid node, CancellationToken cancellationToken) =>
        await database.WriteIdempotentlyAsync(
            session => (true, new LeaseWriter(session, database.Now).Leave(node)), create: false, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc />
    public ValueTask<bool> ChangeAsync(LeaseChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return database.Writer.WriteAsync(
            session =>
            {
                var changed = new LeaseWriter(session, database.Now).Change(change);
                return (changed, changed);
            },
            cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<LeaseView> ReadAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            session => session.InSnapshot(() => LeaseRows.View(session, known: 0, database.Now, owners: true)), cancellationToken);
}
