using Tidemark.Events;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Pulling;

/// <summary>
/// Readers with random starts, speeds and types, some of which come later; appends meanwhile; reads that fail; a cache that is too small.
/// Each reader sees each of its events once, in order.
/// </summary>
public sealed class CursorSimulationTests
{
    private static readonly string[] Types = ["opened", "deposited", "withdrawn", "transferred", "closed", "noted"];

    [Fact]
    public async Task Every_reader_sees_every_event_it_wants_once_and_in_order()
    {
        var seed = Seed.New();
        for (var run = 0; run < 80; run++)
            await RunAsync(new Random(seed + run), $"TIDEMARK_SEED={seed}, run {run}");
    }

    [Fact]
    public async Task Reader_far_behind_a_small_cache_joins_the_others_without_gap_or_repeat()
    {
        await using var world = new PullingWorld(new() { PageEventsMax = 20, CacheBytesMax = 1 << 20 });
        await world.AppendAsync("deposited", 10_000);
        var head = new TestReader(world, null);
        await head.RunAsync(new(10_000)).InTime();
        world.Agent.RowsRead.ShouldBe(10_000);

        var late = new TestReader(world, null);
        var lateRun = late.RunAsync(new(10_400));
        for (var i = 0; i < 20; i++)
        {
            var run = head.RunAsync(new(10_000 + (20 * (i + 1))));
            await world.AppendAsync("deposited", 20);
            await world.Clock.RunAsync(run);
        }

        head.Leave();
        await world.Clock.RunAsync(lateRun);
        late.Seen.ShouldBe(Enumerable.Range(1, 10_400).Select(n => (long)n));
        head.Seen.ShouldBe(late.Seen);
        world.Agent.RowsRead.ShouldBeLessThan(21_500);
    }

    private static async Task RunAsync(Random random, string what)
    {
        await using var world = new PullingWorld(
            new() { PageEventsMax = random.Next(1, 60), PageBytesMax = random.Next(100, 4000), CacheBytesMax = random.Next(400, 60_000) },
            new() { Delays = [] });
        var failing = random.Next(3) == 0;
        var failures = new Random(random.Next());
        world.BeforeRead = async (_, _) =>
        {
            await Task.Yield();
            bool fails;
            lock (failures)
                fails = failing && failures.Next(10) == 0;
            if (fails)
                throw new AwayException();
        };
        var rounds = random.Next(2, 8);
        var readers = new List<(TestReader Reader, string[]? Types, long After, Task Run)>();
        var total = new long[1];
        var sizes = Enumerable.Range(0, rounds).Select(_ => random.Next(1, 150)).ToArray();
        var holes = Enumerable.Range(0, rounds).Select(_ => (long)random.Next(3)).ToArray();
        total[0] = Enumerable.Range(0, rounds).Sum(i => sizes[i] * (1 + holes[i]));
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < sizes[round]; i++)
                world.Add(Types[random.Next(Types.Length)], hole: holes[round]);
            await world.PublishAsync();
            for (var joins = random.Next(3) + (round == 0 ? 1 : 0); joins > 0; joins--)
            {
                var types = random.Next(4) == 0 ? null : Types.Where(_ => random.Next(2) == 0).ToArray();
                var after = random.Next(3) == 0 ? random.NextInt64(total[0]) : 0;
                var reader = new TestReader(world, types, after, new Random(random.Next()));
                readers.Add((reader, types, after, Task.Run(() => reader.RunAsync(new(total[0])))));
            }
        }

        await world.Clock.RunAsync(Task.WhenAll(readers.Select(r => r.Run)));
        foreach (var (reader, types, after, _) in readers)
        {
            reader.Seen.ShouldBe(
                world.Events.Where(e => e.Position > after && (types is null || types.Contains(e.Type))).Select(e => e.Position), what);
        }
    }
}
