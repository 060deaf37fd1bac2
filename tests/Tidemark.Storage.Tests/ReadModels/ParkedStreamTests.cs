using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.ReadModels;

/// <summary>Streams that wait behind a dead letter: parked, queued and settled in the commits of their shard, all or nothing.</summary>
public abstract class ParkedStreamTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly ShardName Orders = new("Orders", 1, SlotRange.All, "main");
    private static readonly ShardName Other = new("Orders", 2, SlotRange.All, "main");
    private readonly Dictionary<ShardName, Position> _positions = [];

    [Fact]
    public async Task Parked_letter_parks_its_stream_and_later_events_wait_in_order()
    {
        var before = DateTimeOffset.UtcNow.AddSeconds(-2);

        await CommitAsync(Orders, 10, new() { DeadLetters = [Parked(Orders, 4, "a")], ParkedEvents = [Waits(6, "a"), Waits(9, "a")] });
        await CommitAsync(Orders, 20, new() { DeadLetters = [Parked(Orders, 12, "b")], ParkedEvents = [Waits(18, "a")] });

        var streams = await DeadLetters.ReadParkedAsync(null, Position.Beginning, 10, Token);
        streams.Select(s => (s.Projection, s.Generation, s.Tenant.Value, s.Stream.Value, s.Position.Value, s.Waiting))
            .ShouldBe([("Orders", 1, "north", "a", 4L, 3L), ("Orders", 1, "north", "b", 12L, 0L)]);
        streams.ShouldAllBe(s => s.ParkedAt > before && s.ParkedAt < DateTimeOffset.UtcNow.AddSeconds(2));
        (await QueueAsync("a")).ShouldBe([Waits(6, "a"), Waits(9, "a"), Waits(18, "a")]);
        (await QueueAsync("b")).ShouldBeEmpty();
        (await DeadLetters.ReadQueueAsync("Orders", 1, "north", "a", new(6), 1, Token)).ShouldHaveSingleItem().Position.Value.ShouldBe(9);
        (await DeadLetters.FindParkedAsync("Orders", 1, "north", "a", Token)).ShouldBe(new Position(4));
        (await DeadLetters.FindParkedAsync("Orders", 1, "south", "a", Token)).ShouldBeNull();
        (await DeadLetters.FindParkedAsync("Orders", 2, "north", "a", Token)).ShouldBeNull();
        (await DeadLetters.FindAsync("Orders", 1, new(4), Token))!.State.ShouldBe(DeadLetterState.Parked);
    }

    [Fact]
    public async Task Step_moves_the_head_and_the_last_one_lets_the_stream_rejoin()
    {
        await CommitAsync(Orders, 10, new()
        {
            DeadLetters = [Parked(Orders, 4, "a"), Parked(Orders, 5, "b")],
            ParkedEvents = [Waits(6, "a"), Waits(7, "b"), Waits(9, "a")],
        });
        var parkedAt = (await ParkedAsync("a")).ParkedAt;

        await CommitAsync(Orders, 10, new() { ParkedStep = Step("a", 4, 6, false), DeadLetters = [Parked(Orders, 6, "a")] });

        var moved = await ParkedAsync("a");
        (moved.Position.Value, moved.Waiting, moved.ParkedAt).ShouldBe((6, 1, parkedAt));
        (await LettersAsync()).ShouldBe([5, 6]);

        await CommitAsync(Orders, 10, new() { ParkedStep = Step("a", 6, long.MaxValue, true) });

        (await DeadLetters.ReadParkedAsync("Orders", Position.Beginning, 10, Token)).ShouldHaveSingleItem().Stream.Value.ShouldBe("b");
        (await QueueAsync("a")).ShouldBeEmpty();
        (await QueueAsync("b")).ShouldBe([Waits(7, "b")]);
        (await LettersAsync()).ShouldBe([5]);
    }

    [Fact]
    public async Task Step_without_a_letter_keeps_the_record()
    {
        await CommitAsync(Orders, 10, new() { DeadLetters = [Parked(Orders, 4, "a")], ParkedEvents = [Waits(6, "a")] });

        await CommitAsync(Orders, 10, new()
        {
            ParkedStep = Step("a", null, long.MaxValue, true),
            DeadLetters = [Parked(Orders, 4, "a") with { State = DeadLetterState.Discarded }],
        });

        (await DeadLetters.ReadParkedAsync(null, Position.Beginning, 10, Token)).ShouldBeEmpty();
        (await DeadLetters.FindAsync("Orders", 1, new(4), Token))!.State.ShouldBe(DeadLetterState.Discarded);
    }

    [Fact]
    public async Task Fenced_commit_parks_and_settles_nothing()
    {
        await CommitAsync(Orders, 10, new() { DeadLetters = [Parked(Orders, 4, "a")], ParkedEvents = [Waits(6, "a")] });
        await Checkpoints.OpenAsync(Orders, null, Token);

        await Should.ThrowAsync<FencedException>(async () =>
            await CommitAsync(Orders, 10, new() { ParkedStep = Step("a", 4, long.MaxValue, true) }));
        await Should.ThrowAsync<FencedException>(async () =>
            await CommitAsync(Orders, 20, new() { DeadLetters = [Parked(Orders, 11, "b")], ParkedEvents = [Waits(12, "a")] }));

        (await ParkedAsync("a")).Waiting.ShouldBe(1);
        (await DeadLetters.FindParkedAsync("Orders", 1, "north", "b", Token)).ShouldBeNull();
        (await LettersAsync()).ShouldBe([4]);
    }

    [Fact]
    public async Task Shard_loads_the_parked_streams_of_its_slots_and_generation()
    {
        string[] names = [.. Enumerable.Range(0, 40).Select(n => $"s{n}")];
        await CommitAsync(Orders, 100, new() { DeadLetters = [.. names.Select((name, n) => Parked(Orders, n + 1, name))] });
        await CommitAsync(Other, 100, new() { DeadLetters = [Parked(Other, 99, "x")] });
        var low = new SlotRange(0, 511);

        (await LoadAsync(Orders)).Order().ShouldBe(names.Order());
        (await LoadAsync(Orders with { Slots = low })).Order().ShouldBe(names.Where(n => low.Contains(Slot.Of("north", n))).Order());
        (await LoadAsync(Other)).ShouldBe(["x"]);
        (await DeadLetters.LoadParkedAsync(Orders, 7, Token)).Count.ShouldBe(7);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Parked_streams_page_by_position(int page)
    {
        foreach (var shard in (ShardName[])[Orders, Other])
            await CommitAsync(shard, 100, new() { DeadLetters = [.. Enumerable.Range(1, 9).Select(n => Parked(shard, n, $"s{n}"))] });

        var seen = new List<(long, int)>();
        for (var after = Position.Beginning; ;)
        {
            var read = await DeadLetters.ReadParkedAsync("Orders", after, page, Token);
            if (read.Count == 0)
                break;
            seen.AddRange(read.Select(p => (p.Position.Value, p.Generation)));
            after = read[^1].Position;
        }

        seen.ShouldBe(Enumerable.Range(1, 9).SelectMany(n => new[] { ((long)n, 1), (n, 2) }));
        (await DeadLetters.ReadParkedAsync("Carts", Position.Beginning, page, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Retired_generation_takes_its_queues_along_and_supersedes_its_letters()
    {
        foreach (var shard in (ShardName[])[Orders, Other])
        {
            await CommitAsync(shard, 10, new()
            {
                DeadLetters =
                [
                    Parked(shard, 4, "a"), Letters.Of(shard, 5), Letters.Of(shard, 6) with { State = DeadLetterState.Discarded },
                ],
                ParkedEvents = [Waits(7, "a")],
            });
        }

        await Checkpoints.DeleteAsync("Orders", 1, Token);

        (await DeadLetters.ReadParkedAsync(null, Position.Beginning, 10, Token)).ShouldHaveSingleItem().Generation.ShouldBe(2);
        (await QueueAsync("a")).ShouldBeEmpty();
        (await DeadLetters.ReadQueueAsync("Orders", 2, "north", "a", default, 10, Token)).Count.ShouldBe(1);
        (await DeadLetters.ReadAsync("Orders", Position.Beginning, 10, Token))
            .Select(l => (l.Shard.Generation, l.State)).Order()
            .ShouldBe([
                (1, DeadLetterState.Discarded), (1, DeadLetterState.Superseded), (1, DeadLetterState.Superseded),
                (2, DeadLetterState.Skipped), (2, DeadLetterState.Parked), (2, DeadLetterState.Discarded)]);
    }

    private static DeadLetter Parked(ShardName shard, long position, string stream) =>
        Letters.Of(shard, position) with { Tenant = "north", Stream = stream, State = DeadLetterState.Parked };

    private static ParkedEvent Waits(long position, string stream) =>
        new(new(position), new Guid((int)position, 0, 0, new byte[8]), "order-shipped", "north", stream, new(position * 2));

    private static ParkedStreamStep Step(string stream, long? letter, long through, bool rejoins) =>
        new("Orders", 1, "north", stream, letter is { } position ? new(position) : null, new(through), rejoins);

    private async Task CommitAsync(ShardName shard, long through, ReadModelCommit commit)
    {
        if (!_positions.TryGetValue(shard, out var from))
            await Checkpoints.OpenAsync(shard, new(1), Token);
        await ReadModels.CommitAsync(commit with { Move = new(shard, new(1), from, new(through), null, default) }, Token);
        _positions[shard] = new(through);
    }

    private async Task<ParkedStream> ParkedAsync(string stream) =>
        (await DeadLetters.ReadParkedAsync("Orders", Position.Beginning, 100, Token)).Single(s => s.Stream.Value == stream);

    private async Task<IReadOnlyList<ParkedEvent>> QueueAsync(string stream) =>
        await DeadLetters.ReadQueueAsync("Orders", 1, "north", stream, Position.Beginning, 100, Token);

    private async Task<IEnumerable<string>> LoadAsync(ShardName shard) =>
        (await DeadLetters.LoadParkedAsync(shard, 1000, Token)).Select(s => s.Stream.Value);

    private async Task<IEnumerable<long>> LettersAsync() =>
        (await DeadLetters.ReadAsync("Orders", Position.Beginning, 100, Token)).Select(l => l.Position.Value);
}
