using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Schemas;

/// <summary>The schema of a store with SQL: checked, applied once, never silently changed.</summary>
public abstract class SchemaTests<TKind> : StoreTests<TKind>
    where TKind : ISqlTestStoreKind
{
    [Fact]
    public async Task Check_of_an_empty_database_names_every_migration_in_order()
    {
        await using var empty = await TKind.CreateEmptyAsync(Token);

        var status = await empty.Storage.Schema.CheckAsync(Token);

        status.IsCurrent.ShouldBeFalse();
        status.Missing.ShouldNotBeEmpty();
        status.Missing.ShouldBe(status.Missing.Order(StringComparer.Ordinal));
        status.Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task Check_changes_nothing()
    {
        await using var empty = await TKind.CreateEmptyAsync(Token);

        var first = await empty.Storage.Schema.CheckAsync(Token);
        var second = await empty.Storage.Schema.CheckAsync(Token);

        second.Missing.ShouldBe(first.Missing);
    }

    [Fact]
    public async Task Apply_by_four_at_once_makes_the_schema_current_and_again_changes_nothing()
    {
        await using var empty = await TKind.CreateEmptyAsync(Token);
        await using var other = empty.OpenAgain();
        var storages = new[] { empty.Storage, other };

        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(async () => await storages[i % 2].Schema.ApplyAsync(Token))));

        (await empty.Storage.Schema.CheckAsync(Token)).IsCurrent.ShouldBeTrue();
        await empty.Storage.Log.AppendAsync([Make.Append("order-1", Events.ExpectedVersion.NoStream)], Token);
        await empty.Storage.Schema.ApplyAsync(Token);
        (await other.Schema.CheckAsync(Token)).IsCurrent.ShouldBeTrue();
        (await empty.Storage.HighWater.ReadAsync(default, Token)).Mark.Value.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Apply_over_a_changed_checksum_is_refused()
    {
        await AppendAsync("order-1");
        await using var connection = await Store.ConnectAsync(Token);
        await connection.ExecuteAsync(Sql.ChangeChecksum, Token);

        var status = await Storage.Schema.CheckAsync(Token);
        var refused = await Should.ThrowAsync<SchemaException>(async () => await Storage.Schema.ApplyAsync(Token));

        status.IsCurrent.ShouldBeFalse();
        status.Problems.ShouldNotBeEmpty();
        refused.Message.ShouldContain("checksum", Case.Insensitive);
        (await ReadLogAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Apply_over_a_newer_database_is_refused()
    {
        await using var connection = await Store.ConnectAsync(Token);
        await connection.ExecuteAsync(Sql.AddNewerMigration, Token);

        (await Storage.Schema.CheckAsync(Token)).Problems.ShouldNotBeEmpty();
        await Should.ThrowAsync<SchemaException>(async () => await Storage.Schema.ApplyAsync(Token));
    }

    [Fact]
    public async Task Script_makes_a_schema_that_is_current_or_can_be_applied_over()
    {
        await using var empty = await TKind.CreateEmptyAsync(Token);
        await using (var connection = await empty.ConnectAsync(Token))
            await connection.ExecuteAsync(empty.Storage.Schema.Script(), Token);

        await empty.Storage.Schema.ApplyAsync(Token);

        (await empty.Storage.Schema.CheckAsync(Token)).IsCurrent.ShouldBeTrue();
        (await empty.Storage.Log.AppendAsync([Make.Append("order-1", Events.ExpectedVersion.NoStream)], Token))[0].IsStored.ShouldBeTrue();
    }

    [Fact]
    public async Task Check_sees_positions_that_would_be_drawn_again()
    {
        await AppendAsync("order-1", 20);
        await using var connection = await Store.ConnectAsync(Token);
        await connection.ExecuteAsync(Sql.SetSequenceBack, Token);

        var status = await Storage.Schema.CheckAsync(Token);

        status.IsCurrent.ShouldBeFalse();
        status.Problems.ShouldHaveSingleItem();
    }

    private SchemaTampering Sql => TKind.Tampering(Store);
}
