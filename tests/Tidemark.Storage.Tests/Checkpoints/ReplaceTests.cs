using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Checkpoints;

/// <summary>Shards that take the place of others, in a split or a merge.</summary>
public abstract class ReplaceTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly ShardName Whole = new("Orders", 1, SlotRange.All, "main");
    private static readonly ShardName Low = Whole with { Slots = new(0, 511) };
    private static readonly ShardName High = Whole with { Slots = new(512, 1023) };

    [Fact]
    public async Task Those_made_are_stored_as_given_and_those_replaced_are_no_longer_read()
    {
        await MovedAsync(Whole, 3, 40);
        await Checkpoints.OpenAsync(Whole, new(9), Token);
        var low = Made(Low, 9, 25) with { Ahead = [new(new(0, 99), new(31)), new(new(100, 511), new(5_000_000_000_000))] };
        var high = Made(High, 9, 0) with { Anchor = null, AnchorPosition = default };

        await Checkpoints.ReplaceAsync([Whole], [low, high], Token);

        var read = await Checkpoints.ReadAllAsync(Token);
        read.Select(Text).ShouldBe([Text(low), Text(high)], ignoreOrder: true);
        Text(await Checkpoints.OpenAsync(Low, new(10), Token)).ShouldBe(Text(low with { Epoch = new(10) }));
    }

    [Fact]
    public async Task Slots_that_are_further_stay_noted_over_moves()
    {
        await Checkpoints.OpenAsync(Low, new(9), Token);
        await Checkpoints.OpenAsync(High, new(9), Token);
        await Checkpoints.ReplaceAsync([Low, High], [Made(Whole, 9, 25) with { Ahead = [new(Low.Slots, new(31))] }], Token);

        await Checkpoints.MoveAsync(new(Whole, new(9), new(25), new(28), null, default), Token);

        var read = (await Checkpoints.ReadAllAsync(Token)).ShouldHaveSingleItem();
        (read.Position, read.Ahead.ShouldHaveSingleItem()).ShouldBe((new(28), new SlotProgress(Low.Slots, new(31))));
    }

    [Fact]
    public async Task Replaced_shard_can_neither_be_opened_nor_moved()
    {
        await MovedAsync(Whole, 3, 40);
        await Checkpoints.ReplaceAsync([Whole], [Made(Low, 9, 40), Made(High, 9, 40)], Token);

        foreach (var epoch in (Epoch?[])[null, new(3), new(9), new(long.MaxValue - 1), Epoch.Replaced])
            (await Should.ThrowAsync<FencedException>(async () => await Checkpoints.OpenAsync(Whole, epoch, Token))).Shard.ShouldBe(Whole);
        foreach (var epoch in (long[])[0, 3, 9, long.MaxValue - 1])
        {
            await Should.ThrowAsync<FencedException>(
                async () => await Checkpoints.MoveAsync(new(Whole, new(epoch), new(40), new(41), null, default), Token));
        }

        (await Checkpoints.ReadAllAsync(Token)).Select(c => c.Shard).ShouldBe([Low, High], ignoreOrder: true);
    }

    [Fact]
    public async Task Repeating_it_leaves_those_made_where_they_are_meanwhile()
    {
        await MovedAsync(Whole, 3, 40);
        Checkpoint[] made = [Made(Low, 9, 40), Made(High, 9, 40)];
        await Checkpoints.ReplaceAsync([Whole], made, Token);
        await Checkpoints.OpenAsync(Low, new(10), Token);
        await Checkpoints.MoveAsync(new(Low, new(10), new(40), new(55), null, default), Token);

        await Checkpoints.ReplaceAsync([Whole], made, Token);

        (await Checkpoints.ReadAllAsync(Token)).Select(c => (c.Shard, c.Position.Value, c.Epoch.Value))
            .ShouldBe([(Low, 55L, 10L), (High, 40L, 9L)], ignoreOrder: true);
    }

    [Fact]
    public async Task Name_that_was_replaced_is_made_again_and_belongs_to_its_new_epoch()
    {
        await MovedAsync(Whole, 3, 40);
        await Checkpoints.ReplaceAsync([Whole], [Made(Low, 9, 40), Made(High, 9, 40)], Token);
        await Checkpoints.OpenAsync(Low, new(12), Token);
        await Checkpoints.OpenAsync(High, new(12), Token);

        await Checkpoints.ReplaceAsync([Low, High], [Made(Whole, 12, 60)], Token);

        (await Checkpoints.ReadAllAsync(Token)).Select(Text).ShouldBe([Text(Made(Whole, 12, 60))]);
        await Should.ThrowAsync<FencedException>(async () => await Checkpoints.OpenAsync(Whole, new(11), Token));
        (await Checkpoints.OpenAsync(Whole, new(13), Token)).Position.ShouldBe(new Position(60));
        await Checkpoints.MoveAsync(new(Whole, new(13), new(60), new(61), null, default), Token);
    }

    [Fact]
    public async Task Who_was_frozen_in_between_is_fenced_when_the_former_shard_lives_again()
    {
        await MovedAsync(Whole, 3, 40);
        Checkpoint[] made = [Made(Low, 9, 40), Made(High, 9, 40)];
        await Checkpoints.ReplaceAsync([Whole], made, Token);
        await Checkpoints.ReplaceAsync([Low, High], [Made(Whole, 12, 60)], Token);

        await Should.ThrowAsync<FencedException>(async () => await Checkpoints.ReplaceAsync([Whole], made, Token));

        (await Checkpoints.ReadAllAsync(Token)).Select(Text).ShouldBe([Text(Made(Whole, 12, 60))]);
    }

    [Fact]
    public async Task Shard_that_somebody_works_on_under_a_higher_epoch_is_not_replaced_nor_made()
    {
        await MovedAsync(Whole, 20, 40);
        await Checkpoints.OpenAsync(Low, new(30), Token);
        await Checkpoints.OpenAsync(High, new(5), Token);

        var refused = await Should.ThrowAsync<FencedException>(
            async () => await Checkpoints.ReplaceAsync([Whole], [Made(High, 19, 40)], Token));
        refused.Shard.ShouldBe(Whole);
        refused = await Should.ThrowAsync<FencedException>(
            async () => await Checkpoints.ReplaceAsync([Whole, High], [Made(Low, 29, 40)], Token));
        refused.Shard.ShouldBe(Low);
        var absent = Whole with { Generation = 7 };
        refused = await Should.ThrowAsync<FencedException>(
            async () => await Checkpoints.ReplaceAsync([absent], [Made(Whole, 40, 40)], Token));
        refused.Shard.ShouldBe(absent);

        (await Checkpoints.ReadAllAsync(Token)).Select(c => (c.Shard, c.Position.Value, c.Epoch.Value))
            .ShouldBe([(Whole, 40L, 20L), (Low, 0L, 30L), (High, 0L, 5L)], ignoreOrder: true);
    }

    [Fact]
    public async Task Of_16_callers_at_once_all_come_to_the_same()
    {
        await MovedAsync(Whole, 3, 40);
        Checkpoint[] made = [Made(Low, 9, 40), Made(High, 9, 40)];

        await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Task.Run(async () => await Checkpoints.ReplaceAsync([Whole], made, Token))));

        (await Checkpoints.ReadAllAsync(Token)).Select(Text).ShouldBe(made.Select(Text), ignoreOrder: true);
    }

    [Fact]
    public async Task Delete_takes_replaced_shards_too()
    {
        await MovedAsync(Whole, 3, 40);
        await Checkpoints.ReplaceAsync([Whole], [Made(Low, 9, 40), Made(High, 9, 40)], Token);

        await Checkpoints.DeleteAsync("Orders", 1, Token);

        (await Checkpoints.ReadAllAsync(Token)).ShouldBeEmpty();
        (await Checkpoints.OpenAsync(Whole, new(1), Token)).Position.ShouldBe(Position.Beginning);
    }

    private async Task MovedAsync(ShardName shard, long epoch, long position)
    {
        await Checkpoints.OpenAsync(shard, new(epoch), Token);
        await Checkpoints.MoveAsync(new(shard, new(epoch), new(0), new(position), Guid.NewGuid(), new(position)), Token);
    }

    private static Checkpoint Made(ShardName shard, long epoch, long position) =>
        new(shard, new(position), new(epoch), new Guid(7, 0, 0, new byte[8]), new(position - 1), default);

    private static string Text(Checkpoint c) =>
        $"{c.Shard} {c.Position} {c.Epoch} {c.Anchor} {c.AnchorPosition} [{SlotProgress.Format(c.Ahead)}]";
}
