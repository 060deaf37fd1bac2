using Tidemark.Projections;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.ReadModels;

/// <summary>Tables that a projection defines and writes in SQL. Stores with SQL only.</summary>
public abstract class CustomTableTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly CustomTablesSchema Schema = new(
        "reports",
        [
            new("monthly", "create table {table} (month text not null primary key, amount bigint not null)"),
            new("user", "create table {table} (id bigint not null primary key, name text)"),
        ]);

    [Fact]
    public async Task Custom_tables_are_written_in_sql_within_the_stores_transaction()
    {
        (await ReadModels.PrepareAsync("Reports", 1, Schema, 1, Token)).State.ShouldBe(GenerationState.Live);
        await WriteAsync("monthly", 1, commit: false);
        await WriteAsync("monthly", 1, commit: true);

        await using var connection = await Store.ConnectAsync(Token);
        (await connection.ScalarAsync($"select amount from {ReadModels.ViewName("monthly")}", Token)).ShouldBe("1");
        (await connection.ScalarAsync($"select count(*) from {ReadModels.TableName("monthly", 1)}", Token)).ShouldBe("1");
        (await connection.ScalarAsync($"select count(*) from {ReadModels.ViewName("user")}", Token)).ShouldBe("0");
    }

    [Fact]
    public async Task Publish_swaps_the_views_of_all_custom_tables()
    {
        await ReadModels.PrepareAsync("Reports", 1, Schema, 1, Token);
        await ReadModels.PrepareAsync("Reports", 1, Schema, 1, Token);
        (await ReadModels.PrepareAsync("Reports", 2, Schema, 2, Token)).State.ShouldBe(GenerationState.Building);
        await WriteAsync("monthly", 2, commit: true);
        await using var connection = await Store.ConnectAsync(Token);
        (await connection.ScalarAsync($"select count(*) from {ReadModels.ViewName("monthly")}", Token)).ShouldBe("0");

        await ReadModels.PublishAsync("Reports", Schema, 2, Token);
        await ReadModels.DropAsync("Reports", Schema, 1, Token);

        (await connection.ScalarAsync($"select amount from {ReadModels.ViewName("monthly")}", Token)).ShouldBe("2");
        await Should.ThrowAsync<Exception>(
            () => connection.ScalarAsync($"select count(*) from {ReadModels.TableName("monthly", 1)}", Token));
        await Should.ThrowAsync<Exception>(() => connection.ScalarAsync($"select count(*) from {ReadModels.TableName("user", 1)}", Token));
    }

    [Fact]
    public async Task Prepare_of_a_broken_definition_leaves_nothing()
    {
        var broken = Schema with { Tables = [Schema.Tables[0], new("broken", "create table {table} (this is, not sql")] };

        await Should.ThrowAsync<Exception>(async () => await ReadModels.PrepareAsync("Reports", 1, broken, 1, Token));

        (await ReadModels.ReadGenerationsAsync(Token)).ShouldBeEmpty();
        (await ReadModels.PrepareAsync("Reports", 1, Schema, 1, Token)).State.ShouldBe(GenerationState.Live);
    }

    private async Task WriteAsync(string table, int generation, bool commit)
    {
        await using var transaction = await Log.BeginAsync(Token);
        var ado = transaction.Transaction.ShouldNotBeNull();
        await ado.Connection!.ExecuteAsync(
            $"insert into {ReadModels.TableName(table, generation)} values ('2031-01', {generation})", Token, ado);
        if (commit)
            await transaction.CommitAsync(Token);
    }
}
