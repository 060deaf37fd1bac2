using Tidemark.Hosting;

namespace Tidemark.PostgreSql;

/// <summary>Chooses PostgreSQL.</summary>
public static class PostgreSqlTidemarkExtensions
{
    /// <summary>Keeps the events in a PostgreSQL database.</summary>
    /// <param name="builder">The store.</param>
    /// <param name="connectionString">Where the database is, as Npgsql's connection string.</param>
    /// <param name="configure">Further settings.</param>
    public static TidemarkBuilder UsePostgreSql(
        this TidemarkBuilder builder, string connectionString, Action<PostgreSqlOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new PostgreSqlOptions { ConnectionString = connectionString };
        configure?.Invoke(options);
        options.Validate();
        return builder.UseStorage(context => new PostgreSqlStorage(options, context));
    }
}
