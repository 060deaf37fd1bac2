using System.Text.RegularExpressions;
using Npgsql;

namespace Tidemark.PostgreSql;

/// <summary>
/// How to reach an event database on PostgreSQL, and how many connections to it one process may hold. Connections are not reset when they
/// go back to the pool: SQL that projections run on a connection of the store's must leave nothing in the session (SET LOCAL instead of
/// SET, no temporary tables that stay).
/// </summary>
public sealed partial class PostgreSqlOptions
{
    /// <summary>The longest schema name, in characters; leaves room for the name of the notification channel.</summary>
    public const int SchemaLengthMax = 50;

    /// <summary>Where the database is, as Npgsql's connection string. Required unless <see cref="DataSource"/> is given.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// A data source of the application's own, which Tidemark uses and does not dispose. Then pooling, preparing and budget are the data
    /// source's: <see cref="ConnectionsMax"/> and <see cref="CommandTimeout"/> do not apply. Give it <c>Max Auto Prepare</c> unless a
    /// transaction pooler stands between.
    /// </summary>
    public NpgsqlDataSource? DataSource { get; set; }

    /// <summary>The schema that holds the store: 1 to 50 characters, a to z, digits and underscores, not beginning with a digit.</summary>
    public string Schema { get; set; } = "tidemark";

    /// <summary>
    /// Whether a pooler in transaction mode (pgbouncer, for instance) stands between. Then nothing is prepared, connections are not reset,
    /// and hints of other processes are received only when <see cref="ListenConnectionString"/> leads past the pooler.
    /// </summary>
    public bool TransactionPooler { get; set; }

    /// <summary>
    /// A connection string for the one connection that listens for hints; null takes the one of <see cref="ConnectionString"/>.
    /// </summary>
    public string? ListenConnectionString { get; set; }

    /// <summary>
    /// The most connections this process holds to the event database, 2 to 1,000; the one that listens comes on top. A call beyond waits
    /// for a free one. Transactions that the application begins through the store count.
    /// </summary>
    public int ConnectionsMax { get; set; } = 10;

    /// <summary>
    /// Where the tenant database of a name is, as Npgsql's connection string; called once for each tenant database. Null takes
    /// <see cref="ConnectionString"/> with the database <c>&lt;database&gt;_&lt;name&gt;</c>.
    /// </summary>
    public Func<string, string>? TenantDatabase { get; set; }

    /// <summary>
    /// The most connections this process holds to one tenant database, 2 to 1,000. Tenant databases take their hints through the
    /// coordination database, so none comes on top.
    /// </summary>
    public int TenantConnectionsMax { get; set; } = 3;

    /// <summary>
    /// The most connections this process holds to all tenant databases of the store together, up to 100,000 and at least
    /// <see cref="TenantConnectionsMax"/>. A tenant database with open connections counts with its whole
    /// <see cref="TenantConnectionsMax"/>. One that needs a connection beyond closes those of the database that has used none for longest,
    /// or waits its turn, at most for <see cref="CommandTimeout"/>. The server may take some milliseconds more to end a session that was
    /// closed.
    /// </summary>
    public int NodeConnectionsMax { get; set; } = 100;

    /// <summary>How long one command may take, 1 second to 1 hour; in whole seconds.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a transaction of a shard may be idle between two statements before the server ends it and frees its locks: the process may
    /// be frozen, and the shard's next owner waits for them. It is set for these transactions alone, never for those that the application
    /// lends. A handler that pauses for longer inside its transaction fails, and its batch is tried again. 10 seconds by default, as long
    /// as a node's lease (<c>Node:TimeToLive</c>); 100 milliseconds to 1 hour; null for no bound.
    /// </summary>
    public TimeSpan? IdleTransactionMax { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">
    /// A setting is missing or out of its range; the message names the key, the value and the range.
    /// </exception>
    public void Validate()
    {
        if (DataSource is null && string.IsNullOrWhiteSpace(ConnectionString))
        {
            throw new ArgumentException(
                $"{nameof(ConnectionString)} is empty; give a connection string of Npgsql, or a {nameof(DataSource)}.");
        }

        if (DataSource is not null && ConnectionString is not null)
            throw new ArgumentException($"{nameof(ConnectionString)} and {nameof(DataSource)} are both given; give one of them.");
        if (Schema is not { Length: > 0 and <= SchemaLengthMax } || !SchemaName().IsMatch(Schema))
        {
            throw new ArgumentException(
                $"{nameof(Schema)} is '{Schema}'; allowed are 1 to {SchemaLengthMax} characters, a to z, digits and underscores, " +
                "not beginning with a digit.");
        }

        if (Schema.StartsWith("pg_", StringComparison.Ordinal))
            throw new ArgumentException($"{nameof(Schema)} is '{Schema}'; names that begin with 'pg_' belong to PostgreSQL.");
        if (ConnectionsMax is < 2 or > 1000)
            throw new ArgumentException($"{nameof(ConnectionsMax)} is {ConnectionsMax}; allowed are 2 to 1000.");
        if (TenantConnectionsMax is < 2 or > 1000)
            throw new ArgumentException($"{nameof(TenantConnectionsMax)} is {TenantConnectionsMax}; allowed are 2 to 1000.");
        if (NodeConnectionsMax < TenantConnectionsMax || NodeConnectionsMax > 100_000)
        {
            throw new ArgumentException(
                $"{nameof(NodeConnectionsMax)} is {NodeConnectionsMax}; allowed are {TenantConnectionsMax} "
                + $"({nameof(TenantConnectionsMax)}) to 100000.");
        }

        if (CommandTimeout < TimeSpan.FromSeconds(1) || CommandTimeout > TimeSpan.FromHours(1))
            throw new ArgumentException($"{nameof(CommandTimeout)} is {CommandTimeout}; allowed are 1 second to 1 hour.");
        if (IdleTransactionMax is { } idle && (idle < TimeSpan.FromMilliseconds(100) || idle > TimeSpan.FromHours(1)))
            throw new ArgumentException($"{nameof(IdleTransactionMax)} is {idle}; allowed are 100 milliseconds to 1 hour, or none.");
        CheckConnectionString(nameof(ConnectionString), ConnectionString);
        CheckConnectionString(nameof(ListenConnectionString), ListenConnectionString);
    }

    // The message leaves the text out: it may hold a password.
    private static void CheckConnectionString(string key, string? text)
    {
        if (text is null)
            return;
        try
        {
            if (string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host))
                throw new ArgumentException($"{key} names no Host.");
        }
        catch (Exception e) when (e is FormatException or InvalidCastException or KeyNotFoundException)
        {
            throw new ArgumentException($"{key} is no connection string of Npgsql: {e.Message}", e);
        }
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]*$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex SchemaName();
}
