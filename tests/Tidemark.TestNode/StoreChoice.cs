using Npgsql;
using Tidemark.Hosting;
using Tidemark.PostgreSql;
using Tidemark.Sqlite;

namespace Tidemark.TestNode;

/// <summary>Which store: "postgres" or "pooled" with a connection string, "sqlite" with a path.</summary>
public sealed record StoreChoice(string Kind, string Target)
{
    /// <summary>Chooses the store.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="idleTransactionMax">How long a shard's transaction may be idle on PostgreSQL; null for the default.</param>
    public TidemarkBuilder Use(TidemarkBuilder builder, TimeSpan? idleTransactionMax = null) => Kind switch
    {
        "postgres" or "pooled" => builder.UsePostgreSql(Named(), o =>
        {
            o.TransactionPooler = Kind == "pooled";
            o.IdleTransactionMax = idleTransactionMax ?? o.IdleTransactionMax;
        }),
        "sqlite" => builder.UseSqlite(Target),
        _ => throw new ArgumentException($"There is no store '{Kind}'; there are postgres, pooled and sqlite."),
    };

    /// <summary>The name of a process's sessions on PostgreSQL, where its connection string has none.</summary>
    public static string ApplicationOf(int processId) => $"node-{processId}";

    private string Named()
    {
        var text = new NpgsqlConnectionStringBuilder(Target);
        text.ApplicationName ??= ApplicationOf(Environment.ProcessId);
        return text.ConnectionString;
    }
}
