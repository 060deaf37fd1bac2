using Tidemark.Events;
using Tidemark.Sqlite.Connections;
using Tidemark.Tenancy;

namespace Tidemark.Sqlite;

/// <summary>
/// Tenants and their databases in an SQLite file. Each change is one transaction under the write lock, with its count: of two who add the
/// same tenant at once, the second one finds the first one's row.
/// </summary>
internal sealed class SqliteTenants(SqliteDatabase file) : ITenantStore
{
    /// <inheritdoc />
    public ValueTask<TenantRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken) =>
        file.ReadAsync(
            session =>
            {
                long? change = null;
                var tenants = new List<Tenant>();
                using var rows = session.Prepare(SqlText.ReadTenants).Bind(1, knownChange);
                while (rows.Step())
                {
                    change = rows.Int64(0);
                    if (!rows.IsNull(1))
                        tenants.Add(Row(rows, 1));
                }

                return change is null ? null : new TenantRoll(change.Value, tenants);
            },
            cancellationToken);

    /// <inheritdoc />
    public ValueTask<Tenant> AddAsync(TenantId tenant, string database, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(database);
        return file.WriteIdempotentlyAsync(
            session =>
            {
                var changed = Change(
                    session,
                    session.Prepare(SqlText.AddTenant).Bind(1, tenant.Value).Bind(2, database).Bind(3, Microseconds.Of(file.Now)));
                using var row = session.Prepare(SqlText.FindTenant).Bind(1, tenant.Value);
                row.Step();
                return (Row(row, 0), changed);
            },
            create: false,
            cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<bool> RemoveAsync(TenantId tenant, CancellationToken cancellationToken) =>
        file.WriteIdempotentlyAsync(
            session =>
            {
                var changed = Change(session, session.Prepare(SqlText.RemoveTenant).Bind(1, tenant.Value));
                using var row = session.Prepare(SqlText.FindTenant).Bind(1, tenant.Value);
                return (row.Step(), changed);
            },
            create: false,
            cancellationToken);

    private static bool Change(SqliteSession session, Statement change)
    {
        change.Run();
        if (session.Changes() == 0)
            return false;
        session.Prepare(SqlText.CountTenantChange).Run();
        return true;
    }

    private static Tenant Row(Statement row, int first) => new(
        TenantId.Trusted(row.Text(first)),
        row.Text(first + 1),
        (TenantState)row.Int64(first + 2),
        Microseconds.ToMoment(row.Int64(first + 3)));
}
