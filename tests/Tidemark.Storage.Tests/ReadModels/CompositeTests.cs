using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.ReadModels;

/// <summary>Read models that share generations, and a composite projection end to end.</summary>
public abstract class CompositeTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly FlatTableSchema Totals = new("totals", "id", [new("amount", ColumnType.Integer, true)]);

    private static readonly CompositeSchema Schema = new("shop", [new DocumentSchema("orders"), Totals, new DocumentSchema("carts")]);

    public sealed record Sale(string Shop, long Amount);

    public sealed record Shop(string Name, long Amount, int Sales);

    public sealed record Ranking(string Best, long Amount);

    [Fact]
    public async Task Tables_of_a_composite_are_made_published_and_dropped_together()
    {
        (await ReadModels.PrepareAsync("Shop", 1, Schema, 1, Token)).ShouldBe(new("Shop", 1, 1, GenerationState.Live));
        (await ReadModels.PrepareAsync("Shop", 2, Schema, 2, Token)).ShouldBe(new("Shop", 2, 2, GenerationState.Building));
        await ReadModels.PrepareAsync("Shop", 2, Schema, 2, Token);
        foreach (var g in (int[])[1, 2])
            await ReadModels.CommitAsync(Whole(g), Token);
        await ShouldShowAsync("1");

        await ReadModels.PublishAsync("Shop", Schema, 2, Token);
        await ReadModels.DropAsync("Shop", Schema, 1, Token);

        await ShouldShowAsync("2");
        await Should.ThrowAsync<Exception>(async () => await ReadModels.CommitAsync(Whole(1), Token));
        foreach (var name in (string[])["orders", "carts"])
            await Should.ThrowAsync<Exception>(async () => await ReadModels.LoadAsync(name, 1, [Documents.Key("a")], Token));
    }

    [Fact]
    public async Task Commit_of_a_composite_that_is_fenced_writes_none_of_its_tables()
    {
        ShardName shard = new("Shop", 1, SlotRange.All, "main");
        await ReadModels.PrepareAsync("Shop", 1, Schema, 1, Token);
        await Checkpoints.OpenAsync(shard, new(2), Token);

        await Should.ThrowAsync<FencedException>(async () => await ReadModels.CommitAsync(
            Whole(1) with { Move = new(shard, new(1), new(0), new(5), null, default) }, Token));

        (await ReadModels.ReadLiveAsync("orders", TenantId.Default, null, 10, Token)).ShouldBeEmpty();
        (await Store.ReadRowsAsync(Totals, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Composite_runs_on_the_store_and_is_built_anew()
    {
        await using var tide = await TidemarkHost.StartAsync(
            t => t.UseStorage(_ => Store.OpenAgain()).Events(e => e.Add<Sale>("sale"))
                .AddProjection(new Shops(Storage.ReadModels.SupportsSql)), Token);
        for (var i = 1; i <= 30; i++)
            await tide.Store.AppendAsync($"sale-{i}", ExpectedVersion.NoStream, [new Sale(i % 3 == 0 ? "a" : "b", i)], Token);
        await tide.Daemon.WaitForCaughtUpAsync(TimeSpan.FromSeconds(30), Token);
        await ShouldShowSalesAsync(tide);

        await tide.Daemon.RebuildAsync(nameof(Shops), Token);

        await ShouldShowSalesAsync(tide);
    }

    private async Task ShouldShowSalesAsync(TidemarkHost tide)
    {
        (await tide.Store.Documents<Shop>().FindAsync("a", Token)).ShouldBe(new Shop("a", 165, 10));
        (await tide.Store.Documents<Shop>().FindAsync("b", Token)).ShouldBe(new Shop("b", 300, 20));
        (await tide.Store.Documents<Ranking>().FindAsync("all", Token)).ShouldBe(new Ranking("b", 300));
        if (!Storage.ReadModels.SupportsSql)
            return;
        await using var connection = await Store.ConnectAsync(Token);
        var rows = await connection.RowsAsync($"select count(*) n from {Storage.ReadModels.ViewName("shop_changes")}", Token);
        Convert.ToInt64(rows.ShouldHaveSingleItem()["n"]).ShouldBe(30);
    }

    private static ReadModelCommit Whole(int g) => new()
    {
        Documents = [new("orders", g, [Documents.Of("a", $"{g}")], []), new("carts", g, [Documents.Of("a", $"{g}")], [])],
        Rows = [new(Totals, g, [], [new([new(Totals.Columns[0], false)], ["a"], [[(long)g]])])],
    };

    private async Task ShouldShowAsync(string generation)
    {
        foreach (var name in (string[])["orders", "carts"])
            Documents.Text((await ReadModels.FindLiveAsync(name, Documents.Key("a"), Token))!.Value).ShouldBe(generation);
        (await Store.ReadRowsAsync(Totals, Token))["a"]["amount"].ShouldBe(long.Parse(generation));
    }

    private sealed class Shops : CompositeProjection
    {
        public Shops(bool sql)
        {
            ReadModel = "shops_composite";
            Stage(new ShopTotals());
            Stage(sql ? [new Rankings(), new ShopChanges()] : [new Rankings()]);
        }
    }

    private sealed class ShopTotals : MultiStreamProjection<Shop>
    {
        public ShopTotals()
        {
            Initial(key => new(key, 0, 0));
            Key<Sale>(e => e.Data.Shop);
            On<Sale>((s, e) => s with { Amount = s.Amount + e.Data.Amount, Sales = s.Sales + 1 });
        }
    }

    private sealed class Rankings : MultiStreamProjection<Ranking>
    {
        public Rankings()
        {
            Initial(_ => new("", 0));
            Key<Changed<Shop>>(_ => "all");
            On<Changed<Shop>>((r, e) => e.Data.After is { } shop && shop.Amount > r.Amount ? new(shop.Name, shop.Amount) : r);
        }
    }

    private sealed class ShopChanges : EventProjection
    {
        public ShopChanges()
        {
            Table("shop_changes", "create table {table} (position bigint primary key, amount bigint not null)");
            On<Changed<Shop>>(async (e, transaction, ct) => await transaction.ExecuteAsync(
                $"insert into {transaction.Table("shop_changes")} (position, amount) values (@position, @amount)",
                [("position", e.Position.Value), ("amount", e.Data.After!.Amount)], ct));
        }
    }
}
