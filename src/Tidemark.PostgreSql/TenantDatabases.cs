using System.Text;
using Npgsql;
using Tidemark.Storage;
using Tidemark.Tenancy;

namespace Tidemark.PostgreSql;

/// <summary>
/// The tenant databases of one store in this process: where each of them is, and the connections that they share.
/// </summary>
internal sealed class TenantDatabases(PostgreSqlOptions options)
{
    private const int DatabaseBytesMax = 63; // PostgreSQL cuts longer names without an error.

    /// <summary>The connections to all of them.</summary>
    public PoolBudget Budget { get; } = new(options.NodeConnectionsMax / options.TenantConnectionsMax);

    /// <summary>The options of one.</summary>
    /// <exception cref="ArgumentException">The name is not allowed, or leads to no valid connection string.</exception>
    public PostgreSqlOptions Of(string name)
    {
        EventDatabaseName.Check(name);
        var database = ConnectionString(name);
        var made = new PostgreSqlOptions
        {
            ConnectionString = database,
            Schema = options.Schema,
            TransactionPooler = options.TransactionPooler,
            ConnectionsMax = options.TenantConnectionsMax,
            CommandTimeout = options.CommandTimeout,
        };
        try
        {
            made.Validate();
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"{nameof(PostgreSqlOptions.TenantDatabase)} of '{name}': {e.Message}", e);
        }

        // Without a pool nothing would bound the connections to this one.
        made.ConnectionString = new NpgsqlConnectionStringBuilder(database) { Pooling = true }.ConnectionString;
        made.ListenConnectionString = Listening(database);
        return made;
    }

    private string ConnectionString(string name)
    {
        if (options.TenantDatabase is { } given)
            return given(name);
        if (options.ConnectionString is null)
        {
            throw new ArgumentException(
                $"Where the tenant database '{name}' is cannot be derived from {nameof(PostgreSqlOptions.DataSource)}, which keeps its "
                + $"password to itself; set {nameof(PostgreSqlOptions.TenantDatabase)}.");
        }

        var text = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        text.Database = $"{text.Database ?? text.Username}_{name}";
        if (Encoding.UTF8.GetByteCount(text.Database) > DatabaseBytesMax)
        {
            throw new ArgumentException(
                $"The tenant database '{name}' would be '{text.Database}'; PostgreSQL's names have at most {DatabaseBytesMax} bytes. "
                + $"Choose a shorter name, or set {nameof(PostgreSqlOptions.TenantDatabase)}.");
        }

        return text.ConnectionString;
    }

    // Needed only when the coordination database is of another kind, and takes no hints for this one.
    private string? Listening(string database) =>
        options.ListenConnectionString is { } text
            ? new NpgsqlConnectionStringBuilder(text) { Database = new NpgsqlConnectionStringBuilder(database).Database }.ConnectionString
            : null;
}
