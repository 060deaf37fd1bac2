using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.ReadModels;

/// <summary>The records of events that were taken out of the way (I12).</summary>
public abstract class DeadLetterTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly ShardName Orders = new("Orders", 1, SlotRange.All, "main");
    private static readonly ShardName LowOrders = new("Orders", 2, new(0, 511), "main");
    private static readonly ShardName Carts = new("Carts", 1, SlotRange.All, "main");

    [Fact]
    public async Task Dead_letter_comes_back_with_every_field()
    {
        var letter = new DeadLetter(
            Orders,
            new(17),
            Guid.NewGuid(),
            "order-placed",
            "north",
            "order-'1' 日本",
            new(4),
            ErrorCategory.Serialization,
            "System.FormatException",
            $"Line 1\nat Ünïcödé \"quoted\" {new string('x', 7900)}",
            3,
            default);
        var before = DateTimeOffset.UtcNow.AddSeconds(-2);

        await ReadModels.CommitAsync(new() { DeadLetters = [letter] }, Token);

        var read = (await DeadLetters.ReadAsync(null, Position.Beginning, 10, Token)).ShouldHaveSingleItem();
        read.RecordedAt.ShouldBeInRange(before, DateTimeOffset.UtcNow.AddSeconds(2));
        read.ShouldBe(letter with { RecordedAt = read.RecordedAt, FirstFailedAt = read.RecordedAt });
    }

    [Fact]
    public async Task Dead_letters_are_read_in_the_order_of_position_and_shard()
    {
        await WriteAsync(
            Letters.Of(Orders, 30), Letters.Of(Orders, 4), Letters.Of(LowOrders, 30), Letters.Of(Carts, 30), Letters.Of(Carts, 200));

        var read = await DeadLetters.ReadAsync(null, Position.Beginning, 100, Token);

        read.Select(d => (d.Position.Value, d.Shard))
            .ShouldBe([(4L, Orders), (30L, Carts), (30L, Orders), (30L, LowOrders), (200L, Carts)]);
    }

    [Fact]
    public async Task Dead_letters_are_filtered_by_projection()
    {
        await WriteAsync(Letters.Of(Orders, 1), Letters.Of(LowOrders, 2), Letters.Of(Carts, 3));

        (await DeadLetters.ReadAsync("Orders", Position.Beginning, 100, Token)).Select(d => d.Shard).ShouldBe([Orders, LowOrders]);
        (await DeadLetters.ReadAsync("Carts", Position.Beginning, 100, Token)).Select(d => d.Shard).ShouldBe([Carts]);
        (await DeadLetters.ReadAsync("orders", Position.Beginning, 100, Token)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Dead_letters_page_by_position(int page)
    {
        await WriteAsync([.. Enumerable.Range(1, 50).Select(p => Letters.Of(p % 2 == 0 ? Orders : Carts, p * 3))]);

        var seen = new List<long>();
        for (var after = Position.Beginning; ;)
        {
            var read = await DeadLetters.ReadAsync("Orders", after, page, Token);
            seen.AddRange(read.Select(d => d.Position.Value));
            if (read.Count == 0)
                break;
            read.Count.ShouldBeLessThanOrEqualTo(page);
            after = read[^1].Position;
        }

        seen.ShouldBe(Enumerable.Range(1, 25).Select(p => p * 6L));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Dead_letters_of_one_position_stay_together_in_a_page(int page)
    {
        await WriteAsync([.. Enumerable.Range(1, 10).SelectMany(p => new[] { Letters.Of(Orders, p), Letters.Of(Carts, p) })]);

        var seen = new List<DeadLetter>();
        for (var after = Position.Beginning; ;)
        {
            var read = await DeadLetters.ReadAsync(null, after, page, Token);
            if (read.Count == 0)
                break;
            seen.AddRange(read);
            after = read[^1].Position;
        }

        seen.Count.ShouldBe(20);
        seen.Select(d => (d.Position, d.Shard)).Distinct().Count().ShouldBe(20);
    }

    [Fact]
    public async Task Dead_letter_written_again_is_there_once()
    {
        await WriteAsync(Letters.Of(Orders, 5));

        await WriteAsync(Letters.Of(Orders, 5));

        (await DeadLetters.ReadAsync(null, Position.Beginning, 100, Token)).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(ErrorCategory.Apply)]
    [InlineData(ErrorCategory.UnknownType)]
    [InlineData(ErrorCategory.Other)]
    public async Task Dead_letter_keeps_its_category(ErrorCategory category)
    {
        await WriteAsync(Letters.Of(Orders, 5) with { Category = category });

        (await DeadLetters.ReadAsync(null, Position.Beginning, 100, Token)).ShouldHaveSingleItem().Category.ShouldBe(category);
    }

    [Fact]
    public async Task Dead_letter_written_again_keeps_the_time_of_the_first_failure()
    {
        await WriteAsync(Letters.Of(Orders, 5));
        var first = await FindAsync(5);

        await WriteAsync(Letters.Of(Orders with { Slots = new(0, 511) }, 5) with { Attempts = 4, State = DeadLetterState.Discarded });

        var again = await FindAsync(5);
        (again!.Attempts, again.State, again.Shard.Slots, again.FirstFailedAt)
            .ShouldBe((4, DeadLetterState.Discarded, new SlotRange(0, 511), first!.FirstFailedAt));
        again.RecordedAt.ShouldBeGreaterThanOrEqualTo(first.RecordedAt);
        (await FindAsync(6)).ShouldBeNull();
        (await DeadLetters.FindAsync("Orders", 2, new(5), Token)).ShouldBeNull();
        (await DeadLetters.FindAsync("Carts", 1, new(5), Token)).ShouldBeNull();
    }

    private async Task<DeadLetter?> FindAsync(long position) => await DeadLetters.FindAsync("Orders", 1, new(position), Token);

    private async Task WriteAsync(params DeadLetter[] letters) => await ReadModels.CommitAsync(new() { DeadLetters = letters }, Token);
}
