using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Reading;

/// <summary>Pages of the log: bounds, filters, limits, and how far a page looked.</summary>
public abstract class LogReadTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    [Fact]
    public async Task Log_read_gives_what_lies_after_and_through_its_bounds()
    {
        var positions = new List<Position>();
        for (var i = 0; i < 6; i++)
            positions.Add((await AppendAsync($"s-{i % 2}")).Last);

        var page = await Log.ReadAsync(new(positions[1], positions[4], LogFilter.All, 100, int.MaxValue), Token);

        page.Events.Select(e => e.Position).ShouldBe([positions[2], positions[3], positions[4]]);
        page.ScannedThrough.ShouldBe(positions[4]);
    }

    [Fact]
    public async Task Log_read_of_an_empty_log_has_looked_through_its_bound()
    {
        var page = await Log.ReadAsync(new(Position.Beginning, new(500), LogFilter.All, 100, int.MaxValue), Token);

        page.Events.ShouldBeEmpty();
        page.ScannedThrough.ShouldBe(new Position(500));
    }

    [Fact]
    public async Task Log_read_that_finds_nothing_has_looked_through_its_bound()
    {
        var last = (await AppendAsync("s", 10)).Last;

        var page = await Log.ReadAsync(new(Position.Beginning, last, new(Types: ["never"]), 3, int.MaxValue), Token);

        page.Events.ShouldBeEmpty();
        page.ScannedThrough.ShouldBe(last);
    }

    [Fact]
    public async Task Log_read_cut_by_events_has_looked_through_its_last_event()
    {
        var outcome = await AppendAsync("s", 10);

        var page = await Log.ReadAsync(new(Position.Beginning, outcome.Last, LogFilter.All, 4, int.MaxValue), Token);

        page.Events.Select(e => e.Version.Value).ShouldBe([1L, 2L, 3L, 4L]);
        page.ScannedThrough.ShouldBe(page.Events[^1].Position);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(100, 1)]
    [InlineData(101, 2)]
    [InlineData(200, 2)]
    [InlineData(950, 10)]
    [InlineData(1000, 10)]
    [InlineData(5000, 10)]
    public async Task Log_read_stops_after_the_event_that_reaches_the_bytes(int bytesMax, int events)
    {
        var hundred = Enumerable.Range(0, 10).Select(_ => Make.Event(json: $"\"{new string('x', 98)}\"")).ToArray();
        var outcome = await AppendAsync(Make.Append("s", ExpectedVersion.Any, hundred));

        var page = await Log.ReadAsync(new(Position.Beginning, outcome.Last, LogFilter.All, 100, bytesMax), Token);

        page.Events.Count.ShouldBe(events);
        page.ScannedThrough.ShouldBe(page.Events.Count == 10 ? outcome.Last : page.Events[^1].Position);
    }

    [Fact]
    public async Task Log_read_counts_bytes_not_characters()
    {
        var outcome = await AppendAsync(
            Make.Append("s", ExpectedVersion.Any, [.. Enumerable.Range(0, 5).Select(_ => Make.Event(json: "\"日本語\""))]));

        // Eleven bytes each.
        var page = await Log.ReadAsync(new(Position.Beginning, outcome.Last, LogFilter.All, 100, 22), Token);

        page.Events.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Log_read_filters_by_type_tenant_slot_and_all_of_them()
    {
        foreach (var tenant in new[] { "", "north", "south" })
        {
            foreach (var type in new[] { "placed", "shipped" })
            {
                foreach (var slot in new short[] { 0, 10, 1023 })
                    await AppendAsync(new(tenant, $"{type}-{slot}", slot, ExpectedVersion.Any, Make.Events(1, type)));
            }
        }

        await CheckAsync(LogFilter.All, 18);
        await CheckAsync(new(Types: ["placed"]), 9);
        await CheckAsync(new(Types: ["placed", "shipped", "never"]), 18);
        await CheckAsync(new(Types: ["PLACED"]), 0);
        await CheckAsync(new(Types: []), 0);
        await CheckAsync(new(Tenants: ["north"]), 6);
        await CheckAsync(new(Tenants: ["", "south"]), 12);
        await CheckAsync(new(Tenants: []), 0);
        await CheckAsync(new(Slots: new(0, 10)), 12);
        await CheckAsync(new(Slots: new(10, 10)), 6);
        await CheckAsync(new(Slots: new(11, 1023)), 6);
        await CheckAsync(new(Slots: SlotRange.All), 18);
        await CheckAsync(new(Types: ["shipped"], Tenants: ["north", "south"], Slots: new(10, 1023)), 4);
        await CheckAsync(new(Types: ["shipped"], Tenants: ["east"]), 0);
    }

    [Fact]
    public async Task Log_read_pages_tile_the_log_whatever_their_limits_and_filters()
    {
        var seed = Seed.New();
        await FillAsync(new Random(seed), 120);
        var all = await ReadLogAsync();
        foreach (var @case in Seed.Cases(PagingCase.Any, 40, seed))
        {
            var through = @case.ThroughIndex >= all.Count ? Position.Max : all[@case.ThroughIndex].Position;
            var expected = all.Where(e => e.Position <= through && @case.Filter.Matches(e)).Select(e => e.Position).ToArray();

            (await PageThroughAsync(@case, through)).ShouldBe(expected, $"seed {seed}, {@case}");
        }
    }

    private async Task CheckAsync(LogFilter filter, int count)
    {
        var filtered = await ReadLogAsync(filter);
        filtered.Count.ShouldBe(count, filter.ToString());
        filtered.Select(e => e.Position).ShouldBe((await ReadLogAsync()).Where(filter.Matches).Select(e => e.Position));
    }

    /// <summary>Reads page after page as a reader does, and checks the contract of each page on the way.</summary>
    private async Task<Position[]> PageThroughAsync(PagingCase @case, Position through)
    {
        var seen = new List<Position>();
        var after = Position.Beginning;
        while (after < through)
        {
            var page = await Log.ReadAsync(new(after, through, @case.Filter, @case.EventsMax, @case.BytesMax), Token);
            page.Events.Count.ShouldBeLessThanOrEqualTo(@case.EventsMax);
            page.Events.Take(page.Events.Count - 1).Sum(e => (long)e.Json.Length).ShouldBeLessThan(Math.Max(@case.BytesMax, 1));
            page.ScannedThrough.ShouldBeGreaterThan(after, "a page makes progress");
            page.ScannedThrough.ShouldBeLessThanOrEqualTo(through);
            if (page.Events.Count > 0)
                page.ScannedThrough.ShouldBeGreaterThanOrEqualTo(page.Events[^1].Position);
            seen.AddRange(page.Events.Select(e => e.Position));
            after = page.ScannedThrough;
        }

        return [.. seen];
    }

    private async Task FillAsync(Random random, int appends)
    {
        for (var i = 0; i < appends; i += 10)
            await Log.AppendAsync([.. Enumerable.Range(i, 10).Select(n => Next($"s-{n}"))], Token);

        await Log.SetArchivedAsync((await ReadLogAsync())[5].Tenant, (await ReadLogAsync())[5].StreamId, true, Token);

        StreamAppend Next(string stream)
        {
            var events = Make.Events(random.Next(1, 4), PagingCase.Types[random.Next(3)]);
            return Make.Append(stream, ExpectedVersion.Any, events, PagingCase.Tenants[random.Next(3)].Value);
        }
    }
}
