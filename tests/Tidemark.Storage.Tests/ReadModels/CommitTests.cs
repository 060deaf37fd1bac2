using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.ReadModels;

/// <summary>A shard's commit: checkpoint, documents, rows and dead letters, all or nothing (I7, I10).</summary>
public abstract class CommitTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly ShardName Shard = new("Orders", 1, SlotRange.All, "main");
    private static readonly DocumentSchema Schema = new("orders");
    private static readonly FlatTableSchema Totals = new("totals", "id", [new("amount", ColumnType.Integer, true)]);

    [Fact]
    public async Task Commit_writes_everything_and_moves_the_checkpoint()
    {
        await PrepareAsync();
        var commit = Whole(new(1), new(0), new(10));
        var before = DateTimeOffset.UtcNow.AddSeconds(-2);

        await ReadModels.CommitAsync(commit, Token);

        Documents.Text((await ReadModels.FindLiveAsync("orders", Documents.Key("a"), Token))!.Value).ShouldBe("10");
        (await Store.ReadRowsAsync(Totals, Token))["a"]["amount"].ShouldBe(10L);
        var checkpoint = (await Checkpoints.ReadAllAsync(Token)).ShouldHaveSingleItem();
        (checkpoint.Position, checkpoint.Epoch, checkpoint.Anchor, checkpoint.AnchorPosition)
            .ShouldBe((new(10), new(1), commit.Move!.Anchor, new(10)));
        var letter = (await DeadLetters.ReadAsync(null, Position.Beginning, 10, Token)).ShouldHaveSingleItem();
        letter.RecordedAt.ShouldBeInRange(before, DateTimeOffset.UtcNow.AddSeconds(2));
        letter.ShouldBe(commit.DeadLetters[0] with { RecordedAt = letter.RecordedAt, FirstFailedAt = letter.FirstFailedAt });
    }

    [Theory]
    [InlineData(1, 5)] // an older epoch
    [InlineData(3, 5)] // one that was never installed
    [InlineData(2, 4)] // behind
    [InlineData(2, 6)] // ahead
    public async Task Commit_that_is_fenced_leaves_nothing(long epoch, long previous)
    {
        await PrepareAsync();
        await ReadModels.CommitAsync(Whole(new(1), new(0), new(5)), Token);
        await Checkpoints.OpenAsync(Shard, new(2), Token);
        var before = await ReadEverythingAsync();

        await Should.ThrowAsync<FencedException>(
            async () => await ReadModels.CommitAsync(Whole(new(epoch), new(previous), new(20)), Token));

        (await ReadEverythingAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Commit_of_a_shard_that_was_never_opened_is_fenced()
    {
        await ReadModels.PrepareAsync("Orders", 1, Schema, 1, Token);
        await ReadModels.PrepareAsync("Totals", 1, Totals, 1, Token);

        await Should.ThrowAsync<FencedException>(async () => await ReadModels.CommitAsync(Whole(new(1), new(0), new(10)), Token));

        (await ReadModels.FindLiveAsync("orders", Documents.Key("a"), Token)).ShouldBeNull();
        (await DeadLetters.ReadAsync(null, Position.Beginning, 10, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Commit_that_fails_half_way_leaves_nothing()
    {
        await PrepareAsync();
        await ReadModels.CommitAsync(Whole(new(1), new(0), new(5)), Token);
        var before = await ReadEverythingAsync();

        // A table that was never prepared.
        var broken = Whole(new(1), new(5), new(9));
        broken = broken with { Documents = [.. broken.Documents, new("missing", 1, [Documents.Of("x", "y")], [])] };
        await Should.ThrowAsync<Exception>(async () => await ReadModels.CommitAsync(broken, Token));
        // A null where none may be.
        broken = Whole(new(1), new(5), new(9));
        broken = broken with { Rows = [new(Totals, 1, [], [new([new(Totals.Columns[0], false)], ["z"], [[null]])])] };
        await Should.ThrowAsync<Exception>(async () => await ReadModels.CommitAsync(broken, Token));

        (await ReadEverythingAsync()).ShouldBe(before);
        await ReadModels.CommitAsync(Whole(new(1), new(5), new(9)), Token);
    }

    [Fact]
    public async Task Commit_with_a_move_alone_moves()
    {
        await PrepareAsync();

        await ReadModels.CommitAsync(new() { Move = new(Shard, new(1), new(0), new(7), null, default) }, Token);

        (await Checkpoints.ReadAllAsync(Token)).ShouldHaveSingleItem().Position.ShouldBe(new Position(7));
    }

    [Fact]
    public async Task Commit_without_anything_does_nothing() => await ReadModels.CommitAsync(new(), Token);

    [Fact]
    public async Task Commit_to_several_tables_and_generations_is_one_commit()
    {
        await PrepareAsync();
        await ReadModels.PrepareAsync("Orders", 2, Schema, 2, Token);
        await ReadModels.PrepareAsync("Carts", 1, new DocumentSchema("carts"), 1, Token);

        await ReadModels.CommitAsync(
            new()
            {
                Move = new(Shard, new(1), new(0), new(7), null, default),
                Documents =
                [
                    new("orders", 1, [Documents.Of("a", "1")], []),
                    new("orders", 2, [Documents.Of("a", "2")], []),
                    new("carts", 1, [Documents.Of("a", "3")], []),
                ],
            },
            Token);

        Documents.Text((await ReadModels.LoadAsync("orders", 1, [Documents.Key("a")], Token)).ShouldHaveSingleItem()).ShouldBe("1");
        Documents.Text((await ReadModels.LoadAsync("orders", 2, [Documents.Key("a")], Token)).ShouldHaveSingleItem()).ShouldBe("2");
        Documents.Text((await ReadModels.LoadAsync("carts", 1, [Documents.Key("a")], Token)).ShouldHaveSingleItem()).ShouldBe("3");
    }

    [Fact]
    public async Task Write_in_a_transaction_takes_effect_with_its_commit()
    {
        await PrepareAsync();
        var before = await ReadEverythingAsync();
        await using (var rolledBack = await Log.BeginAsync(Token))
            await ReadModels.WriteAsync(rolledBack, Whole(new(1), new(0), new(5)), Token);
        (await ReadEverythingAsync()).ShouldBe(before);

        await using (var transaction = await Log.BeginAsync(Token))
        {
            await ReadModels.WriteAsync(transaction, Whole(new(1), new(0), new(5)), Token);
            (await ReadEverythingAsync()).ShouldBe(before);
            await transaction.CommitAsync(Token);
        }

        (await Checkpoints.ReadAllAsync(Token)).ShouldHaveSingleItem().Position.ShouldBe(new Position(5));
        (await Store.ReadRowsAsync(Totals, Token))["a"]["amount"].ShouldBe(5L);
    }

    [Fact]
    public async Task Write_in_a_transaction_that_is_fenced_throws()
    {
        await PrepareAsync();
        await Checkpoints.OpenAsync(Shard, new(2), Token);
        var before = await ReadEverythingAsync();

        await using (var transaction = await Log.BeginAsync(Token))
            await Should.ThrowAsync<FencedException>(
                async () => await ReadModels.WriteAsync(transaction, Whole(new(1), new(0), new(5)), Token));

        (await ReadEverythingAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Inline_write_commits_with_its_append()
    {
        await PrepareAsync();
        await using (var transaction = await Log.BeginAsync(Token))
        {
            await Log.AppendAsync(transaction, [Make.Append("order-1", ExpectedVersion.Any)], Token);
            await ReadModels.WriteAsync(transaction, Documents.Upserts("orders", 1, [("order-1", "inline")]), Token);
            await transaction.CommitAsync(Token);
        }

        (await ReadLogAsync()).ShouldHaveSingleItem();
        Documents.Text((await ReadModels.FindLiveAsync("orders", Documents.Key("order-1"), Token))!.Value).ShouldBe("inline");
    }

    [Fact]
    public async Task Two_owners_that_commit_from_one_position_take_effect_once()
    {
        const int owners = 8;
        await PrepareAsync();
        await using var other = Store.OpenAgain();
        var stores = new[] { ReadModels, other.ReadModels };

        var won = await Task.WhenAll(Enumerable.Range(0, owners).Select(i => Task.Run(async () =>
        {
            try
            {
                await stores[i % 2].CommitAsync(Whole(new(1), new(0), new(10)), Token);
                return true;
            }
            catch (FencedException)
            {
                return false;
            }
        })));

        won.Count(w => w).ShouldBe(1);
        (await Store.ReadRowsAsync(Totals, Token))["a"]["amount"].ShouldBe(10L);
    }

    private async Task PrepareAsync()
    {
        await ReadModels.PrepareAsync("Orders", 1, Schema, 1, Token);
        await ReadModels.PrepareAsync("Totals", 1, Totals, 1, Token);
        await Checkpoints.OpenAsync(Shard, new(1), Token);
    }

    private static ReadModelCommit Whole(Epoch epoch, Position previous, Position next) => new()
    {
        Move = new(Shard, epoch, previous, next, Guid.NewGuid(), next),
        Documents = [new("orders", 1, [Documents.Of("a", $"{next}")], [Documents.Key("b")])],
        Rows = [new(Totals, 1, ["b"], [new([new(Totals.Columns[0], true)], ["a"], [[next.Value]])])],
        DeadLetters = [Letters.Of(Shard, next.Value)],
    };

    /// <summary>All that a commit can change, as one text.</summary>
    private async Task<string> ReadEverythingAsync()
    {
        var checkpoints = (await Checkpoints.ReadAllAsync(Token)).Select(
            c => $"{c.Shard} {c.Position} {c.Epoch} {c.Anchor} {c.AnchorPosition}");
        var documents = (await ReadModels.ReadLiveAsync("orders", TenantId.Default, null, 100, Token)).Select(
            d => $"{d.Key.Key}={Documents.Text(d)}");
        var rows = (await Store.ReadRowsAsync(Totals, Token)).OrderBy(r => r.Key, StringComparer.Ordinal).Select(
            r => $"{r.Key}={r.Value["amount"]}");
        var letters = (await DeadLetters.ReadAsync(null, Position.Beginning, 100, Token)).Select(d => $"{d.Shard} {d.Position}");
        return string.Join('\n', [.. checkpoints, .. documents, .. rows, .. letters]);
    }
}
