using Npgsql;
using Tidemark.Events;
using Tidemark.Tenancy;

namespace Tidemark.PostgreSql;

/// <summary>
/// Tenants and their databases. The rules are in the functions of Migrations/0010_tenants.sql; each call is one statement that is safe to
/// repeat.
/// </summary>
internal sealed class PostgreSqlTenants(ConnectionScope scope, SqlTexts sql) : ITenantStore
{
    private readonly string _read = sql["read_tenants"];
    private readonly string _add = sql["add_tenant"];
    private readonly string _remove = sql["remove_tenant"];

    public ValueTask<TenantRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken) =>
        scope.ReadAsync(
            async (connection, known, token) =>
            {
                var command = new NpgsqlCommand(_read, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(known);
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        return await RollAsync(reader, token).ConfigureAwait(false);
                    }
                }
            },
            knownChange,
            cancellationToken);

    public ValueTask<Tenant> AddAsync(TenantId tenant, string database, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(database);
        return scope.ReadAsync(
            async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(_add, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(call.Tenant.Value).With(call.Database);
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        await reader.ReadAsync(token).ConfigureAwait(false);
                        return Row(reader, 0);
                    }
                }
            },
            (Tenant: tenant, Database: database),
            cancellationToken);
    }

    public ValueTask<bool> RemoveAsync(TenantId tenant, CancellationToken cancellationToken) =>
        scope.ReadAsync(
            async (connection, id, token) =>
            {
                var command = new NpgsqlCommand(_remove, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(id.Value);
                    return await command.ExecuteScalarAsync(token).ConfigureAwait(false) is true;
                }
            },
            tenant,
            cancellationToken);

    private static async ValueTask<TenantRoll?> RollAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        long? change = null;
        var tenants = new List<Tenant>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            change = reader.GetInt64(0);
            if (!reader.IsDBNull(1))
                tenants.Add(Row(reader, 1));
        }

        return change is null ? null : new(change.Value, tenants);
    }

    private static Tenant Row(NpgsqlDataReader row, int first) => new(
        TenantId.Trusted(row.GetString(first)),
        row.GetString(first + 1),
        (TenantState)row.GetInt16(first + 2),
        new DateTimeOffset(row.GetDateTime(first + 3)));
}
