using Tidemark.Hosting;

namespace Tidemark.Sqlite;

/// <summary>Chooses SQLite.</summary>
public static class SqliteTidemarkExtensions
{
    /// <summary>
    /// Keeps the events in an SQLite file beside the application. The schema is applied at start; several processes of one host may share
    /// the file. A tenant database is a file of its own beside it, or where <see cref="SqliteOptions.TenantPath"/> says.
    /// </summary>
    /// <param name="builder">The store.</param>
    /// <param name="path">The file; made when absent, with its folder.</param>
    /// <param name="configure">Further settings.</param>
    public static TidemarkBuilder UseSqlite(this TidemarkBuilder builder, string path, Action<SqliteOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new SqliteOptions { Path = path };
        configure?.Invoke(options);
        options.Validate();
        return builder.UseStorage(
            context => new SqliteStorage(context.Coordination is null ? options : options.OfTenant(context.Database), context),
            embedded: true);
    }
}
