using Tidemark.Hosting;
using Tidemark.PostgreSql;
using Tidemark.Sqlite;

namespace Tidemark.TestNode;

/// <summary>Which store: "postgres" or "pooled" with a connection string, "sqlite" with a path.</summary>
public sealed record StoreChoice(string Kind, string Target)
{
    /// <summary>Chooses the store.</summary>
    public TidemarkBuilder Use(TidemarkBuilder builder) => Kind switch
    {
        "postgres" => builder.UsePostgreSql(Target),
        "pooled" => builder.UsePostgreSql(Target, o => o.TransactionPooler = true),
        "sqlite" => builder.UseSqlite(Target),
        _ => throw new ArgumentException($"There is no store '{Kind}'; there are postgres, pooled and sqlite."),
    };
}
