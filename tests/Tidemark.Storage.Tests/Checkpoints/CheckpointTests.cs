using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Checkpoints;

/// <summary>The durable positions of shards and their fence (I7).</summary>
public abstract class CheckpointTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly ShardName Shard = new("Orders", 1, SlotRange.All, "main");

    [Fact]
    public async Task Open_of_a_new_shard_begins_at_the_beginning()
    {
        var before = DateTimeOffset.UtcNow.AddSeconds(-2);

        var opened = await Checkpoints.OpenAsync(Shard, new(7), Token);

        (opened.Shard, opened.Position, opened.Epoch).ShouldBe((Shard, Position.Beginning, new Epoch(7)));
        (opened.Anchor, opened.AnchorPosition).ShouldBe((null, Position.Beginning));
        opened.UpdatedAt.ShouldBeInRange(before, DateTimeOffset.UtcNow.AddSeconds(2));
        (await Checkpoints.ReadAllAsync(Token)).ShouldBe([opened]);
    }

    [Fact]
    public async Task Open_without_an_epoch_installs_the_next_one()
    {
        var first = await Checkpoints.OpenAsync(Shard, null, Token);
        var second = await Checkpoints.OpenAsync(Shard, null, Token);

        second.Epoch.Value.ShouldBe(first.Epoch.Value + 1);
        first.Epoch.Value.ShouldBeGreaterThan(0);
        (await Checkpoints.OpenAsync(Shard, new(40), Token)).Epoch.ShouldBe(new Epoch(40));
        (await Checkpoints.OpenAsync(Shard, null, Token)).Epoch.ShouldBe(new Epoch(41));
    }

    [Fact]
    public async Task Open_with_a_lower_epoch_is_fenced_and_with_the_same_one_is_not()
    {
        await Checkpoints.OpenAsync(Shard, new(5), Token);

        var refused = await Should.ThrowAsync<FencedException>(async () => await Checkpoints.OpenAsync(Shard, new(4), Token));
        refused.Shard.ShouldBe(Shard);
        refused.Epoch.ShouldBe(new Epoch(4));
        (await Checkpoints.OpenAsync(Shard, new(5), Token)).Epoch.ShouldBe(new Epoch(5));
        (await Checkpoints.ReadAllAsync(Token)).ShouldHaveSingleItem().Epoch.ShouldBe(new Epoch(5));
    }

    [Fact]
    public async Task Open_by_16_callers_without_an_epoch_gives_each_its_own()
    {
        var opened = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Task.Run(async () => await Checkpoints.OpenAsync(Shard, null, Token))));

        opened.Select(c => c.Epoch.Value).ShouldBeUnique();
        (await Checkpoints.ReadAllAsync(Token)).ShouldHaveSingleItem().Epoch.Value.ShouldBe(opened.Max(c => c.Epoch.Value));
    }

    [Fact]
    public async Task Moves_chain_and_come_back_with_the_next_open()
    {
        var anchor = Guid.NewGuid();
        await Checkpoints.OpenAsync(Shard, new(1), Token);

        await Checkpoints.MoveAsync(new(Shard, new(1), new(0), new(10), anchor, new(9)), Token);
        await Checkpoints.MoveAsync(new(Shard, new(1), new(10), new(25), null, default), Token);
        await Checkpoints.MoveAsync(new(Shard, new(1), new(25), new(25), null, default), Token);

        var opened = await Checkpoints.OpenAsync(Shard, new(2), Token);
        (opened.Position, opened.Anchor, opened.AnchorPosition).ShouldBe((new(25), anchor, new(9)));
        var next = Guid.NewGuid();
        await Checkpoints.MoveAsync(new(Shard, new(2), new(25), new(30), next, new(30)), Token);
        var read = (await Checkpoints.ReadAllAsync(Token)).ShouldHaveSingleItem();
        (read.Position, read.Epoch, read.Anchor, read.AnchorPosition).ShouldBe((new(30), new(2), next, new(30)));
    }

    [Theory]
    [InlineData(4, 10)] // an older epoch
    [InlineData(6, 10)] // one that was never installed
    [InlineData(5, 9)] // behind
    [InlineData(5, 11)] // ahead
    public async Task Move_with_another_epoch_or_previous_position_is_fenced(long epoch, long previous)
    {
        await Checkpoints.OpenAsync(Shard, new(5), Token);
        await Checkpoints.MoveAsync(new(Shard, new(5), new(0), new(10), null, default), Token);

        var refused = await Should.ThrowAsync<FencedException>(async () =>
            await Checkpoints.MoveAsync(new(Shard, new(epoch), new(previous), new(20), Guid.NewGuid(), new(20)), Token));

        refused.Shard.ShouldBe(Shard);
        var read = (await Checkpoints.ReadAllAsync(Token)).ShouldHaveSingleItem();
        (read.Position, read.Epoch, read.Anchor).ShouldBe((new(10), new(5), null));
    }

    [Fact]
    public async Task Move_of_a_shard_that_was_never_opened_is_fenced() =>
        await Should.ThrowAsync<FencedException>(
            async () => await Checkpoints.MoveAsync(new(Shard, new(1), new(0), new(1), null, default), Token));

    [Fact]
    public async Task Move_by_the_former_owner_after_another_opened_is_fenced()
    {
        await Checkpoints.OpenAsync(Shard, new(1), Token);
        await using var other = Store.OpenAgain();
        await other.Checkpoints.OpenAsync(Shard, new(2), Token);

        await Should.ThrowAsync<FencedException>(
            async () => await Checkpoints.MoveAsync(new(Shard, new(1), new(0), new(1), null, default), Token));
        await other.Checkpoints.MoveAsync(new(Shard, new(2), new(0), new(1), null, default), Token);
    }

    [Fact]
    public async Task Of_16_concurrent_moves_from_one_position_one_wins()
    {
        await Checkpoints.OpenAsync(Shard, new(1), Token);

        var won = await Task.WhenAll(Enumerable.Range(1, 16).Select(i => Task.Run(async () =>
        {
            try
            {
                await Checkpoints.MoveAsync(new(Shard, new(1), new(0), new(i), null, default), Token);
                return i;
            }
            catch (FencedException)
            {
                return 0;
            }
        })));

        (await Checkpoints.ReadAllAsync(Token)).ShouldHaveSingleItem().Position.Value
            .ShouldBe(won.Where(i => i > 0).ShouldHaveSingleItem());
    }

    [Fact]
    public async Task Shards_that_differ_in_any_part_have_checkpoints_of_their_own()
    {
        ShardName[] shards =
        [
            Shard, new("orders", 1, SlotRange.All, "main"), new("Orders", 2, SlotRange.All, "main"),
            new("Orders", 1, new(0, 511), "main"), new("Orders", 1, new(512, 1023), "main"),
        ];

        for (var i = 0; i < shards.Length; i++)
            (await Checkpoints.OpenAsync(shards[i], new(i + 1), Token)).Position.ShouldBe(Position.Beginning);

        (await Checkpoints.ReadAllAsync(Token)).Select(c => c.Shard).ShouldBe(shards, ignoreOrder: true);
    }

    [Fact]
    public async Task Delete_takes_the_checkpoints_of_one_generation_only()
    {
        ShardName[] shards =
        [
            Shard, new("Orders", 1, new(0, 5), "main"), new("Orders", 2, SlotRange.All, "main"), new("Orders2", 1, SlotRange.All, "main"),
        ];
        foreach (var shard in shards)
            await Checkpoints.OpenAsync(shard, null, Token);

        await Checkpoints.DeleteAsync("Orders", 1, Token);
        await Checkpoints.DeleteAsync("Nothing", 1, Token);

        (await Checkpoints.ReadAllAsync(Token)).Select(c => c.Shard).ShouldBe([shards[2], shards[3]], ignoreOrder: true);
        (await Checkpoints.OpenAsync(Shard, null, Token)).Position.ShouldBe(Position.Beginning);
    }

    [Fact]
    public async Task Large_positions_and_epochs_come_back()
    {
        await Checkpoints.OpenAsync(Shard, new(long.MaxValue - 1), Token);
        await Checkpoints.MoveAsync(new(Shard, new(long.MaxValue - 1), new(0), new(5_000_000_000_000), null, default), Token);

        (await Checkpoints.OpenAsync(Shard, null, Token)).Position.ShouldBe(new Position(5_000_000_000_000));
    }
}
