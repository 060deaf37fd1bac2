using System.Collections.Concurrent;
using Tidemark.Events;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Shards;

/// <summary>A shard that builds a generation, beside others that are at work, and alone.</summary>
public sealed class BuildingShardTests
{
    private const int Events = 6_000;
    private static readonly TimeSpan Ten = TimeSpan.FromMilliseconds(10);

    [Fact]
    public async Task Beside_others_it_reads_and_commits_in_pieces()
    {
        await using var scene = new ShardScene { Builds = true };
        var pages = await LogAsync(scene);
        OthersWork(scene);
        var first = scene.Throttle.PieceEventsMax;

        await scene.Start().UntilPositionAsync(Events);

        scene.Consumer.Applied.ShouldBe(Enumerable.Range(1, Events).Select(n => (long)n));
        (scene.Consumer.Commits[0], pages.First()).ShouldBe((first, first));
        scene.Consumer.Commits.Count.ShouldBeGreaterThan(8);
        scene.Consumer.Commits.Max().ShouldBeLessThan(1_500, "pieces grow by a tenth at most");
        pages.Count.ShouldBeInRange(scene.Consumer.Commits.Count, scene.Consumer.Commits.Count + 1, "nothing is read ahead");
    }

    [Fact]
    public async Task Alone_it_reads_whole_pages_and_commits_when_it_must()
    {
        await using var scene = new ShardScene { Builds = true };
        var pages = await LogAsync(scene);

        await scene.Start().UntilPositionAsync(Events);

        scene.Consumer.Commits.ShouldBe([Events]);
        pages.ShouldAllBe(max => max == 2_000);
    }

    [Fact]
    public async Task Shard_that_is_live_is_not_held_back()
    {
        await using var scene = new ShardScene();
        var pages = await LogAsync(scene);
        OthersWork(scene);

        await scene.Start().UntilPositionAsync(Events);

        scene.Consumer.Commits.ShouldBe([Events]);
        pages.ShouldAllBe(max => max == 2_000);
    }

    [Fact]
    public async Task Beside_others_it_takes_its_share_of_the_time()
    {
        await using var scene = new ShardScene(new() { PageEventsMax = 100 }) { Builds = true };
        await scene.World.AppendAsync("deposited", 600);
        OthersWork(scene);
        scene.Consumer.OnDeliver = _ =>
        {
            scene.Clock.Advance(Ten);
            return Task.CompletedTask;
        };
        var began = scene.Clock.GetTimestamp();

        await scene.Start().RunUntilAsync(s => s.Position.Value == 600);

        // It pauses nine times as long as it works, but for the last page.
        var whole = 10 * scene.Consumer.Deliveries * Ten;
        scene.Clock.GetElapsedTime(began).ShouldBeInRange(0.85 * whole, whole);
    }

    // How many events each read may have.
    private static async Task<ConcurrentQueue<int>> LogAsync(ShardScene scene)
    {
        var pages = new ConcurrentQueue<int>();
        scene.World.BeforeRead = (read, _) =>
        {
            pages.Enqueue(read.EventsMax);
            return Task.CompletedTask;
        };
        await scene.World.AppendAsync("deposited", Events);
        return pages;
    }

    private static void OthersWork(ShardScene scene) =>
        scene.Throttle.End(scene.Throttle.Begin(builds: false), hadEffects: true, default);
}
