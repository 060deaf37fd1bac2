using Tidemark.TestKit;
using Tidemark.TestKit.Postgres;

namespace Tidemark.Samples.Tests;

public sealed class SharedTransactionTests
{
    [Fact]
    public async Task Dapper_shares_the_transactions_on_SQLite()
    {
        using var folder = new TemporaryFolder();
        var (exitCode, output) = await Sample.RunAsync("SharedTransaction", "--file", folder.File("payments.db"));
        exitCode.ShouldBe(0, output);
        output.Split('\n').ShouldBe(["Dapper on SQLite: 2 receipts.", "  Ada has paid 52.50."]);
    }

    [Fact]
    public async Task EntityFramework_shares_the_transactions_on_PostgreSQL()
    {
        Assert.SkipWhen(Requirements.PostgreSqlMissing() is not null, Requirements.PostgreSqlMissing() ?? "");
        var cluster = await PostgresCluster.SharedAsync();
        var (exitCode, output) = await Sample.RunAsync("SharedTransaction", "--postgres", await cluster.CreateDatabaseAsync("shop"));
        exitCode.ShouldBe(0, output);
        output.Split('\n').ShouldBe(["EF Core on PostgreSQL: 2 receipts.", "  Ada has paid 52.50."]);
    }
}
