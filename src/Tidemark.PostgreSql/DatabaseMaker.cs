using Npgsql;
using Tidemark.Storage;

namespace Tidemark.PostgreSql;

/// <summary>Makes the database itself when it does not exist.</summary>
/// <param name="connectionString">Where it is to be; null when its password is not known, as with an application's data source.</param>
/// <param name="database">Its name.</param>
internal sealed class DatabaseMaker(string? connectionString, string database)
{
    private static readonly string[] Maintenance = ["postgres", "template1"];

    /// <summary>Its name.</summary>
    public string Database => database;

    /// <summary>Whether an error says that the database does not exist.</summary>
    public static bool IsMissing(PostgresException error) => error.SqlState == PostgresErrorCodes.InvalidCatalogName;

    /// <summary>Makes it. Safe when several processes do it at once.</summary>
    /// <exception cref="SchemaException">This may not make it; the message says what to do.</exception>
    public async ValueTask MakeAsync(CancellationToken cancellationToken)
    {
        if (connectionString is null)
        {
            throw new SchemaException(
                $"The database '{database}' does not exist. Create it, or give {nameof(PostgreSqlOptions.ConnectionString)} instead of a "
                + $"{nameof(PostgreSqlOptions.DataSource)}: then it is made with the schema.");
        }

        var connection = await ConnectAsync(connectionString, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand($"create database {SqlTexts.Quote(database)}", connection);
            await using (command.ConfigureAwait(false))
            {
                try
                {
                    await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
                {
                    // Another process was first; PostgreSQL answers so only when it is done.
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
                {
                    throw new SchemaException(
                        $"The database '{database}' does not exist, and the role '{User}' may not create it ({e.MessageText}). "
                        + $"Create it (create database {SqlTexts.Quote(database)}), or let the role do it (alter role ... createdb).");
                }
            }
        }
    }

    private string? User => new NpgsqlConnectionStringBuilder(connectionString).Username;

    private static async ValueTask<NpgsqlConnection> ConnectAsync(string connectionString, CancellationToken cancellationToken)
    {
        for (var i = 0; ; i++)
        {
            var text = new NpgsqlConnectionStringBuilder(connectionString) { Database = Maintenance[i], Pooling = false };
            var connection = new NpgsqlConnection(text.ConnectionString);
            try
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                return connection;
            }
            catch (PostgresException e) when (i + 1 < Maintenance.Length && MayNotEnter(e.SqlState))
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
            catch
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    // No such database, no right to connect to it, or no line for it in pg_hba.conf.
    private static bool MayNotEnter(string state) =>
        state is PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InsufficientPrivilege
            or PostgresErrorCodes.InvalidAuthorizationSpecification;
}
