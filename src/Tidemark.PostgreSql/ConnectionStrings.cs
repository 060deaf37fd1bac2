using Npgsql;

namespace Tidemark.PostgreSql;

/// <summary>What Tidemark adds to the application's connection strings. What the application has set itself stays.</summary>
internal static class ConnectionStrings
{
    private const string ApplicationName = "tidemark";
    private const int PreparedMax = 200;
    private const int KeepaliveSeconds = 15;

    /// <summary>For the pool of all calls.</summary>
    public static string Pooled(PostgreSqlOptions options)
    {
        var text = Base(options.ConnectionString!);
        text.MaxPoolSize = options.ConnectionsMax;
        text.MinPoolSize = Math.Min(text.MinPoolSize, options.ConnectionsMax);
        text.CommandTimeout = (int)options.CommandTimeout.TotalSeconds;

        // No statement here leaves anything in the session, so there is nothing to reset; a reset would cost each call about as much as a
        // small append.
        text.NoResetOnClose = true;
        text.MaxAutoPrepare = options.TransactionPooler ? 0 : PreparedMax;
        text.AutoPrepareMinUsages = 2;
        return text.ConnectionString;
    }

    /// <summary>For the connection that listens: outside the pool, quiet, found dead by TCP keepalive.</summary>
    public static string Listening(string connectionString)
    {
        var text = Base(connectionString);
        text.Pooling = false;
        text.KeepAlive = 0;
        return text.ConnectionString;
    }

    private static NpgsqlConnectionStringBuilder Base(string connectionString)
    {
        var text = new NpgsqlConnectionStringBuilder(connectionString);
        text.ApplicationName ??= ApplicationName;
        text.TcpKeepAlive = true;
        if (text.TcpKeepAliveTime == 0)
            text.TcpKeepAliveTime = KeepaliveSeconds;
        if (text.TcpKeepAliveInterval == 0)
            text.TcpKeepAliveInterval = KeepaliveSeconds;
        return text;
    }
}
