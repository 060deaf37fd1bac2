using Tidemark.Shards;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Shards;

public sealed class RebuildThrottleTests
{
    private static readonly TimeSpan Ten = TimeSpan.FromMilliseconds(10);
    private static readonly ShardOptions Options = new();

    private readonly ManualClock _clock = new();
    private readonly RebuildThrottle _throttle;

    public RebuildThrottleTests() => _throttle = new RebuildThrottle(Options, _clock);

    [Fact]
    public void Build_alone_on_its_node_has_all_the_time()
    {
        _throttle.Share.ShouldBe(1);
        _throttle.PieceEventsMax.ShouldBe(int.MaxValue);
        _throttle.Begin(builds: true, pauses: true);
        _throttle.YieldAsync(Ten, CancellationToken.None).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void Shards_that_only_look_at_events_of_others_hold_nothing_back()
    {
        var batch = _throttle.Begin(builds: false);
        _clock.Advance(TimeSpan.FromSeconds(5));
        _throttle.End(batch, hadEffects: false, default);

        _throttle.Share.ShouldBe(1);
    }

    [Fact]
    public void Share_begins_at_the_least_grows_while_others_are_quick_and_is_cut_when_they_are_slow()
    {
        Work(Ten);
        _throttle.Share.ShouldBe(Options.RebuildShareMin);

        var shares = Enumerable.Range(0, 60).Select(_ => ShareAfter(Ten)).ToArray();
        shares.ShouldBeInOrder();
        shares[^1].ShouldBe(1);

        ShareAfter(2 * Options.LiveDelayMax).ShouldBe(0.5);
        Work(2 * Options.LiveDelayMax);
        _throttle.Share.ShouldBe(0.5, "it is cut once in a while, not once a batch");
        for (var i = 0; i < 10; i++)
            ShareAfter(2 * Options.LiveDelayMax);
        _throttle.Share.ShouldBe(Options.RebuildShareMin);
    }

    [Fact]
    public void Share_is_whole_again_once_the_others_have_nothing_to_do()
    {
        Work(Ten);
        _clock.Advance(RebuildThrottle.Quiet);
        _throttle.Share.ShouldBeLessThan(1);
        _clock.Advance(TimeSpan.FromTicks(1));
        _throttle.Share.ShouldBe(1);
    }

    [Fact]
    public void Build_that_begins_has_the_least_share_however_quick_the_others_were_before()
    {
        for (var i = 0; i < 60; i++)
            ShareAfter(Ten);
        _throttle.Share.ShouldBe(1);

        var batch = _throttle.Begin(builds: true, pauses: true);
        _throttle.Share.ShouldBe(Options.RebuildShareMin);
        ShareAfter(Ten);
        _throttle.End(batch, hadEffects: true, default);
        _throttle.Begin(builds: true, pauses: true);
        _throttle.Share.ShouldBeGreaterThan(Options.RebuildShareMin, "it goes on with its next batch");
    }

    [Theory]
    [InlineData(1, 90)]
    [InlineData(2, 190)]
    public async Task Builds_together_keep_to_their_share(int builds, int milliseconds)
    {
        Work(Ten);
        for (var i = 0; i < builds; i++)
            _throttle.Begin(builds: true, pauses: true);

        var yields = _throttle.YieldAsync(Ten, CancellationToken.None).AsTask();
        yields.IsCompleted.ShouldBeFalse();
        (await _clock.NextAsync()).ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
        await yields.InTime();
    }

    [Fact]
    public async Task Build_waits_for_a_batch_of_another_shard_and_no_longer()
    {
        var batch = _throttle.Begin(builds: false);
        _throttle.Begin(builds: true, pauses: true);
        var yields = _throttle.YieldAsync(Ten, CancellationToken.None).AsTask();
        yields.IsCompleted.ShouldBeFalse();
        _throttle.End(batch, hadEffects: true, default);
        await yields.InTime();
    }

    [Fact]
    public async Task Build_does_not_wait_for_good_for_a_batch_that_hangs()
    {
        _throttle.Begin(builds: false);
        _throttle.Begin(builds: true, pauses: true);
        var yields = _throttle.YieldAsync(Ten, CancellationToken.None).AsTask();
        (await _clock.NextAsync()).ShouldBe(Options.LiveDelayMax);
        await yields.InTime();
    }

    [Fact]
    public async Task Stop_ends_the_wait()
    {
        using var stop = new CancellationTokenSource();
        Work(Ten);
        _throttle.Begin(builds: true, pauses: true);
        var yields = _throttle.YieldAsync(Ten, stop.Token).AsTask();
        await stop.CancelAsync();
        await yields.InTime();
    }

    [Fact]
    public async Task Commits_of_builds_come_one_at_a_time_while_others_are_at_work()
    {
        Work(Ten);
        var first = new TaskCompletionSource();
        var begun = 0;
        var one = Commit(first.Task);
        var two = Commit(Task.CompletedTask);
        begun.ShouldBe(1);
        _clock.Advance(Ten);
        first.SetResult();
        (await one.InTime()).ShouldBe(Ten);
        (await two.InTime()).ShouldBe(TimeSpan.Zero, "the wait for its turn is no work");
        begun.ShouldBe(2);

        Task<TimeSpan> Commit(Task until) => _throttle.CommitAsync(
            async _ =>
            {
                begun++;
                await until;
            },
            takesTurns: true,
            CancellationToken.None).AsTask();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(100)]
    public void Pieces_take_four_times_what_is_typical_of_the_others(int typical)
    {
        for (var i = 0; i < 150; i++)
            Work(TimeSpan.FromMilliseconds(typical));

        // A piece costs as much as a batch of the others, and again as much for each 300 events.
        TimeSpan took = default;
        for (var i = 0; i < 100; i++)
        {
            took = TimeSpan.FromMilliseconds(typical * (1 + (_throttle.PieceEventsMax / 300.0)));
            Piece(_throttle.PieceEventsMax, took);
        }

        took.TotalMilliseconds.ShouldBeInRange(4 * typical * 0.8, 4 * typical * 1.15);
    }

    [Fact]
    public void Pieces_have_a_least_and_a_most()
    {
        Work(Ten);
        for (var i = 0; i < 20; i++)
            Piece(_throttle.PieceEventsMax, TimeSpan.FromSeconds(1));
        _throttle.PieceEventsMax.ShouldBe(100);
        for (var i = 0; i < 60; i++)
            Piece(_throttle.PieceEventsMax, TimeSpan.FromMilliseconds(1));
        _throttle.PieceEventsMax.ShouldBe(2_000);
    }

    [Fact]
    public void Piece_with_fewer_events_than_it_might_have_makes_none_larger()
    {
        Work(Ten);
        var events = _throttle.PieceEventsMax;
        Piece(events - 1, TimeSpan.FromMilliseconds(1));
        _throttle.PieceEventsMax.ShouldBe(events);
        Piece(0, TimeSpan.FromSeconds(1));
        _throttle.PieceEventsMax.ShouldBe(events);
        Piece(events - 1, TimeSpan.FromSeconds(1));
        _throttle.PieceEventsMax.ShouldBe(events / 2);
    }

    [Fact]
    public void Pieces_stay_while_others_are_at_work_however_large_the_share()
    {
        for (var i = 0; i < 60; i++)
            ShareAfter(Ten);
        _throttle.Share.ShouldBe(1);
        _throttle.PieceEventsMax.ShouldBeLessThanOrEqualTo(2_000);

        _clock.Advance(2 * RebuildThrottle.Quiet);
        _throttle.PieceEventsMax.ShouldBe(int.MaxValue);
    }

    [Fact]
    public void Build_that_does_not_pause_has_pieces_and_disturbs_nobody()
    {
        for (var i = 0; i < 60; i++)
            ShareAfter(TimeSpan.FromMilliseconds(2));
        var build = _throttle.Begin(builds: true);
        _throttle.PieceEventsMax.ShouldBeLessThanOrEqualTo(2_000);
        ShareAfter(Ten).ShouldBe(1, "the batch is not slow because of it");
        var events = _throttle.PieceEventsMax;
        _throttle.End(build, hadEffects: true, new(events, TimeSpan.FromSeconds(1)));
        _throttle.PieceEventsMax.ShouldBeLessThan(events);
        _throttle.Share.ShouldBe(1);
    }

    [Fact]
    public async Task With_the_whole_share_for_builds_nothing_is_held_back()
    {
        var throttle = new RebuildThrottle(new ShardOptions { RebuildShareMin = 1 }, _clock);
        throttle.End(throttle.Begin(builds: false), hadEffects: true, default);
        throttle.Begin(builds: false);
        throttle.Begin(builds: true, pauses: true);

        throttle.PieceEventsMax.ShouldBe(int.MaxValue);
        await throttle.YieldAsync(Ten, CancellationToken.None).AsTask().InTime();
    }

    [Fact]
    public async Task Share_is_cut_when_a_batch_beside_a_piece_takes_far_longer_than_those_without()
    {
        var quick = TimeSpan.FromMilliseconds(2);
        for (var i = 0; i < 60; i++)
            ShareAfter(quick);
        var build = _throttle.Begin(builds: true, pauses: true);
        for (var i = 0; i < 60; i++)
            ShareAfter(quick);
        _throttle.Share.ShouldBe(1);

        ShareAfter(3 * quick).ShouldBe(1);
        ShareAfter(5 * quick).ShouldBe(0.5, "it is longer than what is typical, though far from the most");

        // While the build pauses, or has ended, a slow batch is not its fault.
        var yields = _throttle.YieldAsync(TimeSpan.FromMinutes(1), CancellationToken.None).AsTask();
        _clock.Advance(2 * RebuildThrottle.CutGap);
        Work(5 * quick);
        _throttle.Share.ShouldBe(0.5);
        yields.IsCompleted.ShouldBeFalse();
        await _clock.NextAsync();
        await yields.InTime();
        _throttle.End(build, hadEffects: true, default);
        ShareAfter(5 * quick).ShouldBeGreaterThan(0.5);
    }

    [Fact]
    public void Batch_is_disturbed_by_a_piece_that_began_and_ended_beside_it()
    {
        var quick = TimeSpan.FromMilliseconds(2);
        for (var i = 0; i < 60; i++)
        {
            _throttle.End(_throttle.Begin(builds: true, pauses: true), hadEffects: true, default);
            ShareAfter(quick);
        }

        _throttle.Share.ShouldBe(1);
        var batch = _throttle.Begin(builds: false);
        _throttle.End(_throttle.Begin(builds: true, pauses: true), hadEffects: true, default);
        _clock.Advance(5 * quick);
        _throttle.End(batch, hadEffects: true, default);
        _throttle.Share.ShouldBe(0.5);
    }

    // The others stay at work.
    private void Piece(int events, TimeSpan took)
    {
        var build = _throttle.Begin(builds: true, pauses: true);
        Work(TimeSpan.Zero);
        _throttle.End(build, hadEffects: true, new(events, took));
    }

    private double ShareAfter(TimeSpan delay)
    {
        _clock.Advance(RebuildThrottle.RaiseGap);
        Work(delay);
        return _throttle.Share;
    }

    // A batch of a shard that does not build.
    private void Work(TimeSpan delay)
    {
        var batch = _throttle.Begin(builds: false);
        _clock.Advance(delay);
        _throttle.End(batch, hadEffects: true, default);
    }
}
