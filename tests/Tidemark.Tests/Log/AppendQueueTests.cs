using Microsoft.Extensions.Logging.Abstractions;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Resilience;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Log;

public sealed class AppendQueueTests
{
    private readonly ScriptedLog _log = new();
    private readonly ManualClock _clock = new();
    private readonly LogOptions _options = new();

    [Fact]
    public async Task Appends_that_wait_while_a_flush_is_under_way_share_the_next_one()
    {
        await using var queue = Open();
        var (entered, release) = HoldFirst();
        var first = Send(queue, Make.Append("a", Make.Event(1)));
        await entered.Task.InTime();
        var others = Enumerable.Range(2, 50).Select(n => Send(queue, Make.Append($"s{n}", Make.Event(n)))).ToArray();

        release.SetResult();

        (await first.InTime()).Status.ShouldBe(AppendStatus.Appended);
        var positions = (await Task.WhenAll(others).InTime()).Select(o => o.First.Value).ToArray();
        positions.ShouldBe(Enumerable.Range(2, 50).Select(n => (long)n));
        _log.Flushes.Select(f => f.Count).ShouldBe([1, 50]);
    }

    [Fact]
    public async Task Flush_holds_one_append_of_a_stream_and_keeps_their_order()
    {
        await using var queue = Open();
        var (entered, release) = HoldFirst();
        var all = new List<Task<AppendOutcome>> { Send(queue, Make.Append("x", Make.Event(1))) };
        await entered.Task.InTime();
        foreach (var n in Enumerable.Range(10, 5))
            all.Add(Send(queue, Make.Append("a", Make.Event(n))));
        all.Add(Send(queue, Make.Append("b", Make.Event(20))));

        release.SetResult();

        await Task.WhenAll(all).InTime();
        _log.Flushes.Select(f => f.Count).ShouldBe([1, 2, 1, 1, 1, 1]);
        _log.Flushes.SelectMany(f => f).Where(a => a.Stream == "a").Select(a => a.Events[0].Id)
            .ShouldBe(Enumerable.Range(10, 5).Select(n => Make.Id(n)));
    }

    [Fact]
    public async Task Same_stream_of_two_tenants_is_two_streams()
    {
        await using var queue = Open();
        var (entered, release) = HoldFirst();
        var first = Send(queue, Make.Append("x", Make.Event(1)));
        await entered.Task.InTime();
        var a = Send(queue, Make.Append("a", Make.Event(2)) with { Tenant = "one" });
        var b = Send(queue, Make.Append("a", Make.Event(3)) with { Tenant = "two" });

        release.SetResult();

        await Task.WhenAll(first, a, b).InTime();
        _log.Flushes.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Random_loads_keep_the_limits_the_order_and_every_append()
    {
        var random = new Random(Seed.New());
        for (var run = 0; run < 60; run++)
        {
            var log = new ScriptedLog();
            log.BeforeAppend = async _ => await Task.Yield();
            var options = new LogOptions
            {
                FlushAppendsMax = random.Next(1, 6),
                FlushBytesMax = random.Next(1024, 4096),
                WaitingAppendsMax = random.Next(1, 50),
            };
            var queue = new AppendQueue(log, random.Next(1, 4), options, new(), _clock, AwayException.Is, NullLogger.Instance);
            var appends = Enumerable.Range(1, random.Next(1, 120))
                .Select(n => Make.Append($"s{random.Next(6)}", Make.Event(n, padding: random.Next(700)))).ToArray();

            var results = await Task.WhenAll(appends.Select(a => Send(queue, a))).InTime();
            await queue.DisposeAsync();

            results.ShouldAllBe(r => r.Status == AppendStatus.Appended);
            log.Flushes.ShouldAllBe(f => f.Count <= options.FlushAppendsMax && f.DistinctBy(a => a.Stream).Count() == f.Count);
            log.Flushes.ShouldAllBe(f => f.SkipLast(1).Sum(a => a.Events.Sum(e => e.Bytes)) < options.FlushBytesMax);
            foreach (var stream in appends.GroupBy(a => a.Stream))
            {
                log.Flushes.SelectMany(f => f).Where(a => a.Stream == stream.Key).Select(a => a.Events[0].Id)
                    .ShouldBe(stream.Select(a => a.Events[0].Id));
            }
        }
    }

    [Fact]
    public async Task Loops_do_not_wait_for_each_other()
    {
        await using var queue = Open(flushes: 2);
        var names = Enumerable.Range(0, 100).Select(n => $"s{n}").ToArray();
        var even = names.First(n => Slot.Of("", n) % 2 == 0);
        var odd = names.First(n => Slot.Of("", n) % 2 == 1);
        var release = new TaskCompletionSource();
        _log.BeforeAppend = batch => batch[0].Stream == even ? release.Task : Task.CompletedTask;

        var held = Send(queue, Make.Append(even, Make.Event(1)));
        await Send(queue, Make.Append(odd, Make.Event(2))).InTime();

        held.IsCompleted.ShouldBeFalse();
        release.SetResult();
        await held.InTime();
    }

    [Fact]
    public async Task Poison_request_fails_alone()
    {
        await using var queue = Open();
        var (entered, release) = HoldFirst();
        var hold = _log.BeforeAppend;
        _log.BeforeAppend = async batch =>
        {
            await hold(batch);
            if (batch.Any(a => a.Stream == "poison"))
                throw new RefusedException("bad json");
        };
        var all = new List<Task<AppendOutcome>> { Send(queue, Make.Append("x", Make.Event(1))) };
        await entered.Task.InTime();
        all.AddRange(Enumerable.Range(2, 9).Select(n => Send(queue, Make.Append($"s{n}", Make.Event(n)))));
        var poison = Send(queue, Make.Append("poison", Make.Event(99)));

        release.SetResult();

        (await Should.ThrowAsync<RefusedException>(() => poison.InTime())).Message.ShouldBe("bad json");
        (await Task.WhenAll(all).InTime()).ShouldAllBe(o => o.IsStored);
        _log.Flushes.Skip(1).Select(f => f.Count).ShouldBe([10, .. Enumerable.Repeat(1, 10)]);
    }

    [Fact]
    public async Task Flush_that_fails_for_a_moment_is_repeated_with_the_same_ids()
    {
        await using var queue = Open();
        var fails = 2;
        _log.BeforeAppend = _ => fails-- > 0 ? throw new AwayException() : Task.CompletedTask;

        var outcome = await _clock.RunAsync(Send(queue, Make.Append("a", Make.Event(1), Make.Event(2))));

        outcome.Status.ShouldBe(AppendStatus.Appended);
        _log.Flushes.Count.ShouldBe(3);
        _log.Flushes.ShouldAllBe(f => f.Single().Events.Select(e => e.Id).SequenceEqual(new[] { Make.Id(1), Make.Id(2) }));
    }

    [Fact]
    public async Task Flush_without_an_answer_tells_each_caller_its_own_ids()
    {
        await using var queue = Open();
        var (entered, release) = HoldFirst();
        var hold = _log.BeforeAppend;
        _log.BeforeAppend = async batch =>
        {
            await hold(batch);
            throw new AwayException();
        };
        var first = Send(queue, Make.Append("x", Make.Event(1)));
        await entered.Task.InTime();
        var a = Send(queue, Make.Append("a", Make.Event(2), Make.Event(3)));
        var b = Send(queue, Make.Append("b", Make.Event(4)));

        release.SetResult();
        await _clock.RunAsync(Task.WhenAll(first, a, b).ContinueWith(_ => true, TaskScheduler.Default));

        var error = await Should.ThrowAsync<AppendFailedException>(() => a);
        error.EventIds.ShouldBe([Make.Id(2), Make.Id(3)]);
        error.Stream.Value.ShouldBe("a");
        error.IsTransient.ShouldBeTrue();
        error.InnerException.ShouldBeOfType<AwayException>();
        (await Should.ThrowAsync<AppendFailedException>(() => b)).EventIds.ShouldBe([Make.Id(4)]);
        _log.Flushes.Count.ShouldBe(2 * (1 + new PipelineOptions().Delays.Count));
    }

    [Fact]
    public async Task Caller_who_leaves_before_the_flush_stores_nothing()
    {
        await using var queue = Open();
        var (entered, release) = HoldFirst();
        var first = Send(queue, Make.Append("x", Make.Event(1)));
        await entered.Task.InTime();
        using var leave = new CancellationTokenSource();
        var gone = queue.AppendAsync(Make.Append("a", Make.Event(2)), leave.Token);
        var stays = queue.AppendAsync(Make.Append("a", Make.Event(3)), new CancellationTokenSource().Token);

        await leave.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => gone.InTime());
        release.SetResult();

        await Task.WhenAll(first, stays).InTime();
        _log.Flushes.SelectMany(f => f).SelectMany(a => a.Events).Select(e => e.Id).ShouldBe([Make.Id(1), Make.Id(3)]);
    }

    [Fact]
    public async Task Caller_who_leaves_during_the_flush_is_let_go_and_the_append_is_stored_all_the_same()
    {
        var queue = Open();
        var (entered, release) = HoldFirst();
        using var leave = new CancellationTokenSource();
        var gone = queue.AppendAsync(Make.Append("a", Make.Event(1)), leave.Token);
        await entered.Task.InTime();

        await leave.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => gone.InTime());
        release.SetResult();
        await queue.DisposeAsync().InTime();

        _log.Flushes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Cancelled_call_is_never_sent()
    {
        await using var queue = Open();
        await Should.ThrowAsync<OperationCanceledException>(() => queue.AppendAsync(Make.Append("a", Make.Event(1)), new(true)));
        await Send(queue, Make.Append("b", Make.Event(2))).InTime();
        _log.Flushes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Callers_beyond_the_waiting_limit_wait_to_get_in()
    {
        _options.WaitingAppendsMax = 2;
        await using var queue = Open();
        var (entered, release) = HoldFirst();
        var all = new List<Task<AppendOutcome>> { Send(queue, Make.Append("x", Make.Event(1))) };
        await entered.Task.InTime();
        all.Add(Send(queue, Make.Append("a", Make.Event(2))));
        all.Add(Send(queue, Make.Append("b", Make.Event(3))));
        using var impatient = new CancellationTokenSource();
        var outside = queue.AppendAsync(Make.Append("c", Make.Event(4)), impatient.Token);
        all.Add(Send(queue, Make.Append("d", Make.Event(5))));

        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => outside.InTime());
        release.SetResult();

        await Task.WhenAll(all).InTime();
        _log.Flushes.SelectMany(f => f).Select(a => a.Stream.Value).Order(StringComparer.Ordinal).ShouldBe(["a", "b", "d", "x"]);
    }

    [Fact]
    public async Task Closing_answers_all_who_are_in_and_refuses_all_who_come_later()
    {
        var queue = Open();
        var (entered, release) = HoldFirst();
        var all = new List<Task<AppendOutcome>> { Send(queue, Make.Append("x", Make.Event(1))) };
        await entered.Task.InTime();
        all.AddRange(Enumerable.Range(2, 20).Select(n => Send(queue, Make.Append($"s{n % 3}", Make.Event(n)))));

        var closing = queue.DisposeAsync().AsTask();
        var late = Should.ThrowAsync<ObjectDisposedException>(() => Send(queue, Make.Append("late", Make.Event(50))));
        closing.IsCompleted.ShouldBeFalse();
        release.SetResult();

        await closing.InTime();
        (await late).Message.ShouldContain("nothing was stored");
        (await Task.WhenAll(all).InTime()).ShouldAllBe(o => o.IsStored);
        _log.Flushes.Sum(f => f.Count).ShouldBe(21);
    }

    private AppendQueue Open(int flushes = 1) => new(_log, flushes, _options, new(), _clock, AwayException.Is, NullLogger.Instance);

    private static Task<AppendOutcome> Send(AppendQueue queue, StreamAppend append) => queue.AppendAsync(append, CancellationToken.None);

    private (TaskCompletionSource Entered, TaskCompletionSource Release) HoldFirst()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = 0;
        _log.BeforeAppend = async _ =>
        {
            if (Interlocked.Exchange(ref held, 1) == 1)
                return;
            entered.SetResult();
            await release.Task;
        };
        return (entered, release);
    }
}
