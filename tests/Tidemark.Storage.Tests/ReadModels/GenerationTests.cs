using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.ReadModels;

/// <summary>The life of a read model's generations: prepare, publish, drop.</summary>
public abstract class GenerationTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly DocumentSchema Schema = new("orders");

    [Fact]
    public async Task First_generation_is_live_at_once_and_later_ones_are_built_beside_it()
    {
        var first = await ReadModels.PrepareAsync("Orders", 1, Schema, 1, Token);
        var second = await ReadModels.PrepareAsync("Orders", 2, Schema, 2, Token);

        first.ShouldBe(new("Orders", 1, 1, GenerationState.Live));
        second.ShouldBe(new("Orders", 2, 2, GenerationState.Building));
        (await ReadModels.ReadGenerationsAsync(Token)).ShouldBe([first, second], ignoreOrder: true);
    }

    [Fact]
    public async Task Prepare_again_changes_nothing()
    {
        var first = await ReadModels.PrepareAsync("Orders", 1, Schema, 1, Token);
        await WriteAsync(1, "a", "1");

        (await ReadModels.PrepareAsync("Orders", 1, Schema, 1, Token)).ShouldBe(first);

        (await ReadModels.ReadGenerationsAsync(Token)).ShouldBe([first]);
        (await FindAsync("a")).ShouldBe("1");
    }

    [Fact]
    public async Task Prepare_by_many_at_once_makes_one_generation()
    {
        await using var other = Store.OpenAgain();
        var stores = new[] { ReadModels, other.ReadModels };
        FlatTableSchema flat = new("totals", "id", [new("amount", ColumnType.Integer, true)]);

        var prepared = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            await stores[i % 2].PrepareAsync("Totals", 1, flat, 1, Token);
            return await stores[i % 2].PrepareAsync("Orders", 1, Schema, 1, Token);
        })));

        prepared.ShouldAllBe(g => g == new ReadModelGeneration("Orders", 1, 1, GenerationState.Live));
        (await ReadModels.ReadGenerationsAsync(Token)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Prepare_of_two_first_generations_at_once_makes_one_of_them_live()
    {
        await Task.WhenAll(
            Enumerable.Range(1, 6).Select(g => Task.Run(async () => await ReadModels.PrepareAsync("Orders", g, Schema, g, Token))));

        var generations = await ReadModels.ReadGenerationsAsync(Token);
        generations.Count(g => g.State == GenerationState.Live).ShouldBe(1);
        generations.Count(g => g.State == GenerationState.Building).ShouldBe(5);
    }

    [Fact]
    public async Task Publish_swaps_the_view_and_retires_the_former_generation()
    {
        await ReadModels.PrepareAsync("Orders", 1, Schema, 1, Token);
        await ReadModels.PrepareAsync("Orders", 2, Schema, 2, Token);
        await WriteAsync(1, "a", "1");
        await WriteAsync(2, "a", "2");
        (await FindAsync("a")).ShouldBe("1");

        await ReadModels.PublishAsync("Orders", Schema, 2, Token);

        (await FindAsync("a")).ShouldBe("2");
        (await ReadModels.ReadGenerationsAsync(Token)).OrderBy(g => g.Generation).Select(g => g.State)
            .ShouldBe([GenerationState.Retired, GenerationState.Live]);
        (await ReadModels.PrepareAsync("Orders", 3, Schema, 3, Token)).State.ShouldBe(GenerationState.Building);
    }

    [Fact]
    public async Task Publish_again_changes_nothing()
    {
        await ReadModels.PrepareAsync("Orders", 1, Schema, 1, Token);
        await ReadModels.PrepareAsync("Orders", 2, Schema, 2, Token);

        await ReadModels.PublishAsync("Orders", Schema, 2, Token);
        await ReadModels.PublishAsync("Orders", Schema, 2, Token);

        (await ReadModels.ReadGenerationsAsync(Token)).ShouldContain(new ReadModelGeneration("Orders", 2, 2, GenerationState.Live));
    }

    [Fact]
    public async Task Readers_during_publishing_always_see_one_whole_generation()
    {
        const int documents = 20;
        for (var g = 1; g <= 4; g++)
        {
            await ReadModels.PrepareAsync("Orders", g, Schema, g, Token);
            await ReadModels.CommitAsync(
                Documents.Upserts(Schema.Name, g, Enumerable.Range(0, documents).Select(i => ($"k{i:00}", $"{g}"))), Token);
        }

        var publishing = Task.Run(async () =>
        {
            for (var g = 2; g <= 4; g++)
                await ReadModels.PublishAsync("Orders", Schema, g, Token);
        });
        var seen = new List<string>();
        do
        {
            var read = await ReadModels.ReadLiveAsync("orders", TenantId.Default, null, 100, Token);
            read.Count.ShouldBe(documents);
            seen.Add(read.Select(d => Documents.Text(d)).Distinct().ShouldHaveSingleItem());
        }
        while (!publishing.IsCompleted);

        await publishing;
        seen.ShouldBeInOrder();
        (await FindAsync("k00")).ShouldBe("4");
    }

    [Fact]
    public async Task Drop_of_the_live_generation_is_refused()
    {
        await ReadModels.PrepareAsync("Orders", 1, Schema, 1, Token);
        await WriteAsync(1, "a", "1");

        await Should.ThrowAsync<InvalidOperationException>(async () => await ReadModels.DropAsync("Orders", Schema, 1, Token));

        (await FindAsync("a")).ShouldBe("1");
        (await ReadModels.ReadGenerationsAsync(Token)).ShouldHaveSingleItem().State.ShouldBe(GenerationState.Live);
    }

    [Fact]
    public async Task Drop_of_a_retired_or_building_generation_takes_its_tables_and_leaves_the_live_one()
    {
        for (var g = 1; g <= 3; g++)
            await ReadModels.PrepareAsync("Orders", g, Schema, g, Token);
        await WriteAsync(2, "a", "2");
        await ReadModels.PublishAsync("Orders", Schema, 2, Token);

        await ReadModels.DropAsync("Orders", Schema, 1, Token);
        await ReadModels.DropAsync("Orders", Schema, 3, Token);
        await ReadModels.DropAsync("Orders", Schema, 3, Token);

        (await ReadModels.ReadGenerationsAsync(Token)).OrderBy(g => g.Generation).Select(g => g.State)
            .ShouldBe([GenerationState.Retired, GenerationState.Live, GenerationState.Retired]);
        (await FindAsync("a")).ShouldBe("2");
        await Should.ThrowAsync<Exception>(async () => await WriteAsync(3, "a", "3"));
    }

    [Fact]
    public async Task Generations_of_several_projections_are_apart()
    {
        await ReadModels.PrepareAsync("Orders", 1, Schema, 1, Token);
        await ReadModels.PrepareAsync("Carts", 1, new DocumentSchema("carts"), 1, Token);

        var states = (await ReadModels.ReadGenerationsAsync(Token)).Select(g => (g.Projection, g.State));

        states.ShouldBe([("Orders", GenerationState.Live), ("Carts", GenerationState.Live)], ignoreOrder: true);
    }

    [Theory]
    [InlineData("order")]
    [InlineData("user")]
    [InlineData("select")]
    [InlineData("table")]
    [InlineData("group")]
    [InlineData("index")]
    [InlineData("_")]
    [InlineData("a2345678901234567890123456789012345678901234567x")]
    public async Task Names_that_need_quoting_work(string name)
    {
        await ReadModels.PrepareAsync(name, 1, new DocumentSchema(name), 1, Token);
        await ReadModels.PrepareAsync(name, 2, new DocumentSchema(name), 2, Token);
        await ReadModels.CommitAsync(Documents.Upserts(name, 2, [("a", "2")]), Token);

        await ReadModels.PublishAsync(name, new DocumentSchema(name), 2, Token);
        await ReadModels.DropAsync(name, new DocumentSchema(name), 1, Token);

        Documents.Text((await ReadModels.FindLiveAsync(name, Documents.Key("a"), Token)).ShouldNotBeNull()).ShouldBe("2");
    }

    [Theory]
    [InlineData("order", "user", "group")]
    [InlineData("user", "order", "default")]
    [InlineData("rows", "key", "select")]
    public async Task Column_names_that_need_quoting_work(string name, string key, string column)
    {
        var schema = new FlatTableSchema(name, key, [new(column, ColumnType.Integer, false), new("excluded", ColumnType.Text, false)]);
        var upsert = new RowUpsert(
            [new(schema.Columns[0], Increment: true), new(schema.Columns[1], Increment: false)], ["a"], [[5L], ["x"]]);
        await ReadModels.PrepareAsync(name, 1, schema, 1, Token);
        for (var i = 0; i < 2; i++)
            await ReadModels.CommitAsync(new() { Rows = [new(schema, 1, [], [upsert])] }, Token);

        (await Store.ReadRowsAsync(schema, Token))["a"]
            .ShouldBe(new Dictionary<string, object?> { [column] = 10L, ["excluded"] = "x" }, ignoreOrder: true);
    }

    [Theory]
    [InlineData("events")]
    [InlineData("streams")]
    [InlineData("checkpoints")]
    [InlineData("dead_letters")]
    [InlineData("generations")]
    [InlineData("sqlite_master")]
    [InlineData("pg_class")]
    public async Task Names_of_system_tables_work_or_are_refused_and_never_harm(string name)
    {
        var stored = await AppendAsync("order-1", 2);
        try
        {
            await ReadModels.PrepareAsync(name, 1, new DocumentSchema(name), 1, Token);
            await ReadModels.CommitAsync(Documents.Upserts(name, 1, [("a", "1")]), Token);
            Documents.Text((await ReadModels.FindLiveAsync(name, Documents.Key("a"), Token)).ShouldNotBeNull()).ShouldBe("1");
        }
        catch (Exception refused) when (refused is not ShouldAssertException and not OperationCanceledException)
        {
            refused.Message.ShouldContain(name, Case.Insensitive);
            (await ReadModels.ReadGenerationsAsync(Token)).ShouldBeEmpty();
        }

        (await ReadLogAsync()).Count.ShouldBe(2);
        (await HighWater.ReadAsync(Position.Beginning, Token)).Mark.ShouldBe(stored.Last);
        await AppendAsync("order-1");
    }

    private async Task WriteAsync(int generation, string key, string text) =>
        await ReadModels.CommitAsync(Documents.Upserts(Schema.Name, generation, [(key, text)]), Token);

    private async Task<string?> FindAsync(string key) =>
        await ReadModels.FindLiveAsync(Schema.Name, Documents.Key(key), Token) is { } found ? Documents.Text(found) : null;
}
