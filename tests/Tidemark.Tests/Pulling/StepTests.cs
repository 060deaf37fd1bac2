using Tidemark.Events;
using Tidemark.Pulling;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Pulling;

/// <summary>Who goes first waits for those close behind while the cache is full, and for nobody long.</summary>
public sealed class StepTests
{
    private const int Events = 500;
    private static readonly PullingOptions Small = new() { PageEventsMax = 10, CacheBytesMax = 16 * 1024 };

    [Fact]
    public async Task Many_who_stand_still_hold_up_the_first_one_no_longer_than_one_of_them()
    {
        await using var world = new PullingWorld(Small);
        await world.AppendAsync("deposited", Events);
        for (var i = 0; i < 40; i++)
            _ = new TestReader(world, null);
        var first = new TestReader(world, null);
        var begun = world.Clock.GetUtcNow();

        var running = first.RunAsync(new(Events));
        await world.Clock.WaitForTimersAsync(1).InTime();
        await world.Clock.NextAsync();
        await running.InTime();

        first.Seen.Count.ShouldBe(Events);
        (world.Clock.GetUtcNow() - begun).ShouldBe(TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task Wait_is_never_endless_though_time_passes_while_it_is_reckoned()
    {
        await using var world = new PullingWorld();
        for (var step = 1; step < 600; step++)
        {
            var watch = new StepWatch(new RunningClock(TimeSpan.FromMilliseconds(step)));
            var still = new EventCursor(world.Agent, Position.Beginning);
            var looks = 0;
            while (watch.Look(still.IsOutOfStep ? [] : [(still, still.Position)]) is { } wait)
            {
                wait.Patience.ShouldBeInRange(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(500));
                (++looks).ShouldBeLessThan(600);
            }
        }
    }

    [Fact]
    public async Task Nobody_waits_for_a_subscription_for_one_who_is_held_back_or_is_out_of_step()
    {
        await using var world = new PullingWorld(Small);
        await world.AppendAsync("deposited", Events);
        var standing = new EventCursor(world.Agent, Position.Beginning) { IsOutOfStep = true };
        world.Agent.Add(standing);
        world.Agent.Add(new EventCursor(world.Agent, Position.Beginning) { KeepsStep = false });
        world.Agent.Add(new EventCursor(world.Agent, Position.Beginning) { PageEventsMax = 5 });
        var first = new TestReader(world, null);

        await first.RunAsync(new(Events - 100)).InTime();

        world.Clock.PendingTimers.ShouldBe(0);
        standing.IsOutOfStep.ShouldBeTrue();
        standing.MoveTo(new(Events - 100));
        await standing.PeekAsync(1, Position.Max, CancellationToken.None).AsTask().InTime();
        await standing.PeekAsync(1, Position.Max, CancellationToken.None).AsTask().InTime();
        standing.IsOutOfStep.ShouldBeFalse();
    }

    [Fact]
    public async Task Who_commits_is_waited_for_longer()
    {
        await using var world = new PullingWorld(Small);
        await world.AppendAsync("deposited", Events);
        var committing = new EventCursor(world.Agent, Position.Beginning);
        world.Agent.Add(committing);
        var first = new TestReader(world, null);
        using var commit = committing.Commit(world.Clock.GetTimestamp());

        var running = first.RunAsync(new(Events));
        for (var waited = TimeSpan.Zero; waited < TimeSpan.FromSeconds(9); waited += TimeSpan.FromMilliseconds(500))
        {
            await world.Clock.WaitForTimersAsync(1).InTime();
            await world.Clock.NextAsync();
        }

        await world.Clock.WaitForTimersAsync(1).InTime();
        running.IsCompleted.ShouldBeFalse();
        await world.Clock.RunAsync(running);
        committing.IsOutOfStep.ShouldBeTrue();
    }

    [Fact]
    public async Task Who_moves_is_waited_for()
    {
        await using var world = new PullingWorld(Small);
        await world.AppendAsync("deposited", Events);
        var first = new TestReader(world, null);
        var second = new TestReader(world, null, random: new Random(1));

        var running = first.RunAsync(new(Events));
        await world.Clock.WaitForTimersAsync(1).InTime();
        running.IsCompleted.ShouldBeFalse();
        await Task.WhenAll(running, second.RunAsync(new(Events))).InTime();

        second.Seen.Count.ShouldBe(Events);
        world.Agent.RowsRead.ShouldBe(Events);
    }

    /// <summary>Moves on by itself whenever it is read.</summary>
    private sealed class RunningClock(TimeSpan step) : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now += step.Ticks;
    }
}
