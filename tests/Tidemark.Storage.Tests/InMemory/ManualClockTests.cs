using Tidemark.Testing;

namespace Tidemark.Storage.Tests.InMemory;

/// <summary>The clock that tests move.</summary>
public sealed class ManualClockTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Clock_stands_still_until_it_is_advanced()
    {
        var start = new DateTimeOffset(2031, 1, 1, 12, 0, 0, TimeSpan.FromHours(2));
        var clock = new ManualClock(start);
        var stamp = clock.GetTimestamp();
        clock.GetUtcNow().ShouldBe(start);

        clock.Advance(TimeSpan.FromSeconds(90));

        clock.GetUtcNow().ShouldBe(start.AddSeconds(90));
        clock.GetElapsedTime(stamp).ShouldBe(TimeSpan.FromSeconds(90));
        clock.GetUtcNow().Offset.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Timers_fire_in_the_order_of_their_moments_and_see_the_clock_there()
    {
        var clock = new ManualClock();
        var start = clock.GetUtcNow();
        var fired = new List<(string Name, double Seconds)>();
        void Fire(object? name) => fired.Add(((string)name!, (clock.GetUtcNow() - start).TotalSeconds));
        using var late = clock.CreateTimer(Fire, "late", TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using var first = clock.CreateTimer(Fire, "first", TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
        using var second = clock.CreateTimer(Fire, "second", TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
        using var periodic = clock.CreateTimer(Fire, "periodic", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

        clock.Advance(TimeSpan.FromSeconds(4.5));
        fired.ShouldBe([("periodic", 1), ("first", 2), ("second", 2), ("periodic", 3)]);

        clock.Advance(TimeSpan.FromSeconds(0.5));
        fired.Skip(4).ShouldBe([("late", 5), ("periodic", 5)]);
        clock.PendingTimers.ShouldBe(1);
        clock.NextTimer.ShouldBe(start.AddSeconds(7));
    }

    [Fact]
    public void Timer_set_by_a_fired_one_fires_in_the_same_advance()
    {
        var clock = new ManualClock();
        var count = 0;
        ITimer? timer = null;
        void Fire(object? state)
        {
            count++;
            timer!.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        }

        timer = clock.CreateTimer(Fire, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);

        clock.Advance(TimeSpan.FromSeconds(3));

        count.ShouldBe(3);
        timer.Dispose();
        clock.Advance(TimeSpan.FromSeconds(3));
        count.ShouldBe(3);
    }

    [Fact]
    public void Timer_that_is_changed_or_disposed_does_not_fire_at_its_old_moment()
    {
        var clock = new ManualClock();
        var fired = new List<string>();
        using var changed = clock.CreateTimer(_ => fired.Add("changed"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        var disposed = clock.CreateTimer(_ => fired.Add("disposed"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        changed.Change(TimeSpan.FromSeconds(10), Timeout.InfiniteTimeSpan).ShouldBeTrue();
        disposed.Dispose();
        disposed.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan).ShouldBeFalse();

        clock.Advance(TimeSpan.FromSeconds(9));
        fired.ShouldBeEmpty();
        clock.Advance(TimeSpan.FromSeconds(1));

        fired.ShouldBe(["changed"]);
    }

    [Fact]
    public void Timer_that_is_due_now_fires_with_the_next_advance_of_any_length()
    {
        var clock = new ManualClock();
        var fired = false;
        using var timer = clock.CreateTimer(_ => fired = true, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        fired.ShouldBeFalse();

        clock.Advance(TimeSpan.Zero);

        fired.ShouldBeTrue();
    }

    [Fact]
    public async Task Delay_ends_when_the_clock_has_passed_it()
    {
        var clock = new ManualClock();
        var delay = Task.Delay(TimeSpan.FromMinutes(10), clock, Token);
        await clock.WaitForTimersAsync(1, Token);

        clock.Advance(TimeSpan.FromMinutes(9));
        delay.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMinutes(1));

        await delay;
        clock.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public async Task Loop_on_a_periodic_timer_ticks_once_per_period()
    {
        var clock = new ManualClock();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(5), clock);

        for (var i = 0; i < 3; i++)
        {
            var tick = timer.WaitForNextTickAsync(Token);
            tick.IsCompleted.ShouldBeFalse();
            clock.Advance(TimeSpan.FromSeconds(5));
            (await tick).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Waiting_for_timers_ends_when_that_many_are_pending()
    {
        var clock = new ManualClock();
        var two = clock.WaitForTimersAsync(2, Token);
        var loop = Task.Run(
            async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1), clock, Token);
                await Task.WhenAll(Task.Delay(TimeSpan.FromSeconds(1), clock, Token), Task.Delay(TimeSpan.FromSeconds(2), clock, Token));
            },
            Token);

        await clock.WaitForTimersAsync(1, Token);
        two.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(1));
        await two;
        clock.Advance(TimeSpan.FromSeconds(2));

        await loop;
    }

    [Fact]
    public async Task Waiting_for_timers_can_be_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var waiting = new ManualClock().WaitForTimersAsync(1, stop.Token);

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public void Advance_backwards_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new ManualClock().Advance(TimeSpan.FromTicks(-1)));
}
