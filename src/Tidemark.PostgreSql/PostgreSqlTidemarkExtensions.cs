using Tidemark.Hosting;

namespace Tidemark.PostgreSql;

/// <summary>Chooses PostgreSQL.</summary>
public static class PostgreSqlTidemarkExtensions
{
    /// <summary>
    /// Keeps the events in a PostgreSQL database; those of tenants with databases of their own in
    /// <see cref="PostgreSqlOptions.TenantDatabase"/>.
    /// </summary>
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
        var tenants = new TenantDatabases(options);
        return builder.UseStorage(context => context.Coordination is null
            ? new PostgreSqlStorage(options, context)
            : new PostgreSqlStorage(tenants.Of(context.Database), context, tenants.Budget));
    }
}
