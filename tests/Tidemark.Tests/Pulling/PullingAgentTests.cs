using Tidemark.Events;
using Tidemark.Pulling;
using Tidemark.Resilience;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Pulling;

public sealed class PullingAgentTests
{
    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task Many_who_need_a_page_cause_one_read()
    {
        await using var world = new PullingWorld();
        world.Agent.Interests.Add(null);
        await world.AppendAsync("deposited", 10);
        var release = Hold(world);

        var pages = Enumerable.Range(0, 20).Select(_ => GetAsync(world, 0, None).AsTask()).ToArray();
        release.SetResult();

        (await Task.WhenAll(pages).InTime()).Distinct().Count().ShouldBe(1);
        world.Reads.ShouldBe(1);
        world.Agent.RowsRead.ShouldBe(10);
    }

    [Fact]
    public async Task One_who_blocks_its_thread_does_not_keep_a_page_from_the_others()
    {
        await using var world = new PullingWorld();
        world.Agent.Interests.Add(null);
        await world.AppendAsync("deposited", 10);
        var release = Hold(world);
        using var others = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();

        // Without a context of the test's own, which would take them to threads of its own.
        var both = Task.Run(() => Task.WhenAll(FirstAsync(), SecondAsync()));
        await Eventually.TrueAsync(() => world.Reads == 1, "the page is being read");
        release.SetResult();

        await both.InTime();

        async Task FirstAsync()
        {
            await GetAsync(world, 0, stop.Token).ConfigureAwait(false);
            others.Wait(Deadlines.Max).ShouldBeTrue();
        }

        async Task SecondAsync()
        {
            await GetAsync(world, 0, stop.Token).ConfigureAwait(false);
            others.Set();
        }
    }

    [Fact]
    public async Task Cursors_that_move_together_read_each_event_once()
    {
        await using var world = new PullingWorld(new() { PageEventsMax = 50 });
        await world.AppendAsync("deposited", 2000);
        var cursors = Enumerable.Range(0, 16).Select(_ => new TestReader(world, null)).ToArray();

        await Task.WhenAll(cursors.Select(c => c.RunAsync(new(2000)))).InTime();

        cursors.ShouldAllBe(c => c.Seen.Count == 2000);
        world.Agent.RowsRead.ShouldBe(2000);
    }

    [Fact]
    public async Task Few_pages_after_a_taken_one_are_read_ahead_and_no_further()
    {
        var world = new PullingWorld(new() { PageEventsMax = 10 });
        world.Agent.Interests.Add(null);
        await world.AppendAsync("deposited", 100);

        var cursor = new EventCursor(world.Agent, Position.Beginning);
        world.Agent.Add(cursor);
        cursor.Advance(await cursor.PeekAsync(10, Position.Max, None).AsTask().InTime());
        await Eventually.TrueAsync(() => world.Reads == 4, () => $"three pages are read ahead of the first; reads: {world.Reads}");

        // However often the second page is taken, three are read ahead of it: nobody asked for more.
        await Eventually.TrueAsync(
            async () =>
            {
                await cursor.PeekAsync(10, Position.Max, None);
                return world.Reads == 5;
            },
            () => $"one page more is read ahead; reads: {world.Reads}");
        await cursor.PeekAsync(10, Position.Max, None).AsTask().InTime();

        // What had been begun by now ends before this one does.
        await GetAsync(world, 95, None).InTime();
        await world.DisposeAsync().InTime();
        world.Reads.ShouldBe(6);
    }

    [Fact]
    public async Task Reader_that_is_held_back_gets_small_pages_and_nothing_is_read_ahead_of_it()
    {
        await using var world = new PullingWorld(new() { PageEventsMax = 10 });
        world.Agent.Interests.Add(null);
        await world.AppendAsync("deposited", 100);

        var cursor = new EventCursor(world.Agent, Position.Beginning) { PageEventsMax = 4 };
        world.Agent.Add(cursor);
        for (var page = 1; page <= 3; page++)
        {
            var slice = await cursor.PeekAsync(int.MaxValue, Position.Max, None).AsTask().InTime();
            slice.Count.ShouldBe(4);
            cursor.Advance(slice);
            world.Reads.ShouldBe(page);
        }

        // Held back no more, it goes on where it is, with whole pages.
        cursor.PageEventsMax = int.MaxValue;
        var whole = await cursor.PeekAsync(int.MaxValue, Position.Max, None).AsTask().InTime();
        (whole.Count, whole[0].Position).ShouldBe((10, new Position(13)));
        await Eventually.TrueAsync(() => world.Reads == 7, () => $"three pages are read ahead of it; reads: {world.Reads}");
    }

    [Fact]
    public async Task Next_pages_come_while_a_page_is_decoded()
    {
        using var decoding = new ManualResetEventSlim();
        await using var world = new PullingWorld(new() { PageEventsMax = 10 }, types: HoldFirst(decoding));
        var reader = new TestReader(world, null);
        await world.AppendAsync("paid", 100);

        var running = reader.RunAsync(new(100));
        await Eventually.TrueAsync(() => world.Reads == 4, () => $"three pages come beside the first; reads: {world.Reads}");
        reader.Seen.ShouldBeEmpty();
        decoding.Set();

        await running.InTime();
        reader.Seen.ShouldBe(Enumerable.Range(1, 100).Select(p => (long)p));
        world.Agent.RowsRead.ShouldBe(100);
    }

    [Fact]
    public async Task Page_that_is_decoded_serves_those_who_begin_inside_it()
    {
        using var decoding = new ManualResetEventSlim();
        await using var world = new PullingWorld(new() { PageEventsMax = 10 }, types: HoldFirst(decoding));
        var (first, inside) = (new TestReader(world, null), new TestReader(world, null, 5));
        await world.AppendAsync("paid", 100);

        var running = first.RunAsync(new(100));
        await Eventually.TrueAsync(() => world.Reads == 4, () => $"the first page is decoded, three came; reads: {world.Reads}");
        var beside = inside.RunAsync(new(100));
        decoding.Set();

        await Task.WhenAll(running, beside).InTime();
        inside.Seen.ShouldBe(Enumerable.Range(6, 95).Select(p => (long)p));
        world.Agent.RowsRead.ShouldBe(100);
    }

    [Fact]
    public async Task Page_ends_where_one_begins_that_is_on_its_way()
    {
        await using var world = new PullingWorld(new() { PageEventsMax = 10 });
        await world.AppendAsync("deposited", 100);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.BeforeRead = (read, _) => read.After.Value == 15 ? release.Task : Task.CompletedTask;
        var (ahead, first) = (new TestReader(world, null, 15), new TestReader(world, null));

        var beside = ahead.RunAsync(new(100));
        var running = first.RunAsync(new(100));
        await Eventually.TrueAsync(() => first.Seen.Count == 15, () => $"the first has come to the page; at {first.Seen.Count}");
        release.SetResult();

        await Task.WhenAll(running, beside).InTime();
        first.Seen.Count.ShouldBe(100);
        world.Agent.RowsRead.ShouldBe(100);
    }

    [Fact]
    public async Task Page_on_its_way_that_may_hold_a_repaired_event_is_not_kept()
    {
        await using var world = new PullingWorld(new PullingOptions { PageEventsMax = 10 });
        world.Agent.Interests.Add(null);
        await world.AppendAsync("deposited", 15);
        var (begun, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.BeforeRead = (_, _) =>
        {
            begun.TrySetResult();
            return release.Task;
        };
        var (first, second) = (new EventCursor(world.Agent, new(0)), new EventCursor(world.Agent, new(0)));
        var former = world.Agent.GetAsync(first, default);
        await begun.Task.InTime();

        world.Agent.Discard(new(7));
        var later = world.Agent.GetAsync(second, default);
        release.SetResult();

        var (old, repaired) = (await former.AsTask().InTime(), await later.AsTask().InTime());
        repaired.ShouldNotBeSameAs(old);
        (await world.Agent.GetAsync(second, default)).ShouldBeSameAs(repaired);
    }

    [Fact]
    public async Task Nothing_is_read_ahead_that_the_cache_could_not_hold()
    {
        using var decoding = new ManualResetEventSlim();
        var options = new PullingOptions { PageEventsMax = 10, PageBytesMax = 1 << 20, CacheBytesMax = 2 << 20 };
        await using var world = new PullingWorld(options, types: HoldFirst(decoding));
        var reader = new TestReader(world, null);
        await world.AppendAsync("paid", 100);

        var running = reader.RunAsync(new(100));
        await Eventually.TrueAsync(() => world.Reads == 2, () => $"one page comes beside the first; reads: {world.Reads}");
        await GetAsync(world, 95, None).InTime();
        world.Reads.ShouldBe(3);
        decoding.Set();

        await running.InTime();
    }

    [Fact]
    public async Task Read_that_fails_for_a_moment_is_repeated()
    {
        await using var world = new PullingWorld();
        world.Agent.Interests.Add(null);
        await world.AppendAsync("deposited", 3);
        var fails = 3;
        world.BeforeRead = (_, _) => Interlocked.Decrement(ref fails) >= 0 ? throw new AwayException() : Task.CompletedTask;

        var page = await world.Clock.RunAsync(GetAsync(world, 0, None).AsTask());

        page.Events.Length.ShouldBe(3);
        world.Reads.ShouldBe(4);
    }

    [Fact]
    public async Task Read_that_keeps_failing_names_database_and_position_and_the_next_call_tries_again()
    {
        await using var world = new PullingWorld(pipelines: new() { Delays = [] });
        world.Agent.Interests.Add(null);
        await world.AppendAsync("deposited", 3);
        world.BeforeRead = (_, _) => throw new AwayException("gone");

        var error = await Should.ThrowAsync<EventFetcherException>(() => GetAsync(world, 1, None).InTime());
        error.After.ShouldBe(new Position(1));
        error.Message.ShouldContain("position 1 of database 'main'");
        error.InnerException.ShouldBeOfType<AwayException>();

        world.BeforeRead = (_, _) => Task.CompletedTask;
        (await GetAsync(world, 1, None).InTime()).Events.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Reader_who_leaves_does_not_end_the_read_of_the_others()
    {
        await using var world = new PullingWorld();
        world.Agent.Interests.Add(null);
        await world.AppendAsync("deposited", 3);
        var release = Hold(world);
        using var leave = new CancellationTokenSource();
        var gone = GetAsync(world, 0, leave.Token).AsTask();
        var stays = GetAsync(world, 0, None).AsTask();

        await leave.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => gone.InTime());
        release.SetResult();

        (await stays.InTime()).Events.Length.ShouldBe(3);
    }

    [Fact]
    public async Task Slow_read_far_behind_does_not_hold_up_the_head()
    {
        await using var world = new PullingWorld(new() { PageEventsMax = 10 });
        await world.AppendAsync("deposited", 100);
        var release = new TaskCompletionSource();
        world.BeforeRead = (read, _) => read.After == Position.Beginning ? release.Task : Task.CompletedTask;
        var behind = new TestReader(world, null);
        var slow = behind.RunAsync(new(100));
        var head = new TestReader(world, null, 50);

        await world.Clock.RunAsync(head.RunAsync(new(100)));

        slow.IsCompleted.ShouldBeFalse();
        release.SetResult();
        await slow.InTime();
        behind.Seen.ShouldBe(world.Events.Select(e => e.Position));
    }

    [Fact]
    public async Task Types_that_nobody_needs_are_not_read()
    {
        await using var world = new PullingWorld();
        world.Add("deposited", 10);
        world.Add("noted", 1000);
        world.Add("deposited", 10);
        await world.PublishAsync();
        var reader = new TestReader(world, ["deposited"]);

        await reader.RunAsync(new(1020)).InTime();

        reader.Seen.Count.ShouldBe(20);
        world.Agent.RowsRead.ShouldBe(20);
    }

    [Fact]
    public async Task Page_read_for_fewer_types_does_not_serve_a_later_reader()
    {
        await using var world = new PullingWorld();
        world.Add("deposited", 5);
        world.Add("withdrawn", 5);
        await world.PublishAsync();
        await new TestReader(world, ["deposited"]).RunAsync(new(10)).InTime();
        var release = Hold(world);
        world.Agent.Interests.Add(["noted"]);
        var old = GetAsync(world, 0, None).AsTask();

        var later = new TestReader(world, ["withdrawn"]);
        var run = later.RunAsync(new(10));
        release.SetResult();

        await run.InTime();
        await old.InTime();
        later.Seen.ShouldBe([6, 7, 8, 9, 10]);
    }

    [Fact]
    public async Task Closing_waits_for_every_read_also_one_for_former_types()
    {
        var world = new PullingWorld();
        world.Agent.Interests.Add(["deposited"]);
        await world.AppendAsync("deposited", 3);
        var release = Hold(world);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hold = world.BeforeRead;
        world.BeforeRead = (read, ct) => { entered.TrySetResult(); return hold(read, ct); };
        var old = GetAsync(world, 0, None).AsTask();
        await entered.Task.InTime();
        world.BeforeRead = (_, _) => Task.CompletedTask;
        world.Agent.Interests.Add(["withdrawn"]);
        await GetAsync(world, 0, None).InTime();

        // A driver takes its time to notice that it is cancelled; the store beneath must not be closed before.
        var closing = world.DisposeAsync().AsTask();
        closing.IsCompleted.ShouldBeFalse();
        release.SetResult();

        await closing.InTime();
        old.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Closing_ends_a_read_that_waits_to_be_repeated()
    {
        var world = new PullingWorld();
        world.Agent.Interests.Add(null);
        await world.AppendAsync("deposited", 3);
        world.BeforeRead = (_, _) => throw new AwayException();
        var read = GetAsync(world, 0, None).AsTask();
        await world.Clock.WaitForTimersAsync(1).InTime();

        await world.DisposeAsync().InTime();

        await Should.ThrowAsync<OperationCanceledException>(() => read.InTime());
    }

    private static ValueTask<EventPage> GetAsync(PullingWorld world, long after, CancellationToken cancellationToken) =>
        world.Agent.GetAsync(new EventCursor(world.Agent, new(after)), cancellationToken);

    // The first event of the log is decoded once this is set.
    private static EventTypeRegistry HoldFirst(ManualResetEventSlim decoding) => Accounts.Build(
        new EventTypeBuilder().UpcastJson<Deposited>("paid", json =>
        {
            var amount = (long)json["amount"]!;
            if (amount == 1)
                decoding.Wait(Deadlines.Max).ShouldBeTrue();
            return new(amount);
        }),
        out _);

    private static TaskCompletionSource Hold(PullingWorld world)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.BeforeRead = (_, _) => release.Task;
        return release;
    }
}
