using Microsoft.Extensions.Logging.Abstractions;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.HighWater;

public sealed class HighWaterAgentTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private readonly ScriptedMarks _marks = new();
    private readonly ScriptedChannel _channel = new();
    private readonly HighWaterOptions _options = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private readonly HighWaterAgent _agent;

    public HighWaterAgentTests() => _agent = new(_marks, _channel, _options, _clock, NullLogger.Instance);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops).InTime();
        _stop.Dispose();
    }

    [Fact]
    public async Task Idle_log_without_hints_is_looked_at_less_than_sixty_times_a_minute()
    {
        Start(_agent.RunAsync);
        await AdvanceAsync(TimeSpan.FromMinutes(1));

        (await ReadsInAMinuteAsync()).ShouldBeInRange(1, 60);
    }

    [Fact]
    public async Task Idle_log_with_hints_is_looked_at_less_than_ten_times_a_minute()
    {
        Start(_agent.ListenAsync);
        Start(_agent.HintAsync);
        await _channel.OpenedAsync();
        Start(_agent.RunAsync);
        await AdvanceAsync(TimeSpan.FromMinutes(1));

        (await ReadsInAMinuteAsync()).ShouldBeInRange(1, 9);
        _channel.Sent.ShouldBe(0);
    }

    [Fact]
    public async Task Waits_double_from_busy_to_idle_and_start_again_when_the_log_moves()
    {
        Start(_agent.RunAsync);
        await NextAsync();
        var waits = await WaitsAsync(12);
        waits.Zip(waits.Skip(1)).ShouldAllBe(w => w.Second == (w.First * 2 < _options.PollIdle ? w.First * 2 : _options.PollIdle));
        waits[^1].ShouldBe(_options.PollIdle);

        _marks.Set(5);
        await NextAsync();

        (await NextAsync()).ShouldBe(_options.PollBusy);
        _agent.Mark.ShouldBe(new Position(5));
    }

    [Fact]
    public async Task Signal_is_answered_at_once()
    {
        Start(_agent.RunAsync);
        await _clock.WaitForTimersAsync(1).InTime();
        var wait = _agent.WaitBeyondAsync(new Position(6), _stop.Token);
        _marks.Set(7);

        _agent.Signal(appended: false);

        await wait.InTime();
        _agent.Mark.ShouldBe(new Position(7));
    }

    [Fact]
    public async Task Hint_of_another_process_is_answered_at_once()
    {
        Start(_agent.ListenAsync);
        await _channel.OpenedAsync();
        Start(_agent.RunAsync);
        await _clock.WaitForTimersAsync(1).InTime();
        var wait = _agent.WaitBeyondAsync(Position.Beginning, _stop.Token);
        _marks.Set(1);

        _channel.Hint();

        await wait.InTime();
    }

    [Fact]
    public async Task Hint_about_leases_is_passed_on_and_looks_at_no_mark()
    {
        Start(_agent.ListenAsync);
        await _channel.OpenedAsync();
        Start(_agent.RunAsync);
        await _clock.WaitForTimersAsync(1).InTime();
        var (reads, changed) = (_marks.Reads, _agent.LeasesChanged.Next);

        _channel.Hint(WakeUp.Leases);

        await changed.InTime();
        _channel.Hint(WakeUp.Appended);
        await _marks.ReadsReachAsync(reads + 1);
        await _clock.WaitForTimersAsync(1).InTime();
        _marks.Reads.ShouldBe(reads + 1, "only for the append");
    }

    [Fact]
    public async Task Hint_about_leases_that_cannot_be_sent_is_lost_without_an_error()
    {
        _channel.SendError = new AwayException();

        await _agent.NotifyLeasesAsync(_stop.Token).AsTask().InTime();

        _channel.SentLast.ShouldBe(WakeUp.Leases);
    }

    [Fact]
    public async Task Process_that_cannot_listen_hears_its_own_hints_about_leases()
    {
        var changed = _agent.LeasesChanged.Next;

        await _agent.NotifyLeasesAsync(_stop.Token).AsTask().InTime();

        await changed.InTime();
    }

    [Fact]
    public async Task Process_that_listens_hears_its_own_hint_about_leases_although_it_cannot_be_sent()
    {
        Start(_agent.ListenAsync);
        await _channel.OpenedAsync();
        _channel.Hint();
        _channel.SendError = new AwayException();
        var changed = _agent.LeasesChanged.Next;

        await _agent.NotifyLeasesAsync(_stop.Token).AsTask().InTime();

        await changed.InTime();
    }

    [Fact]
    public async Task Held_mark_is_looked_at_often_and_then_less_often()
    {
        _marks.Set(3, last: 9);
        Start(_agent.RunAsync);

        var waits = await WaitsAsync(6);
        waits[0].ShouldBe(_options.PollHeld);
        waits.Zip(waits.Skip(1)).ShouldAllBe(w => w.Second == (w.First * 2 < _options.PollBusy ? w.First * 2 : _options.PollBusy));
        (_agent.Mark.Value, _agent.Last.Value).ShouldBe((3, 9));

        // Being asked does not make it look more often: the open append will not end any sooner.
        var reads = _marks.Reads;
        await _clock.WaitForTimersAsync(1).InTime();
        _agent.Signal(appended: false);
        _marks.Set(9);
        _marks.Reads.ShouldBe(reads);
        await NextAsync();
        await _agent.WaitBeyondAsync(new Position(8), _stop.Token).InTime();
    }

    [Fact]
    public async Task Mark_never_falls()
    {
        _marks.Set(9);
        await _agent.RefreshAsync(_stop.Token);
        _marks.Set(4, last: 5);

        (await _agent.RefreshAsync(_stop.Token)).ShouldBe(new Position(9));
        _agent.Last.ShouldBe(new Position(9));
    }

    [Fact]
    public async Task Database_that_is_away_is_asked_less_and_less_often_and_its_return_is_told()
    {
        var returned = _agent.WhenReturned;
        _marks.Error = new AwayException();
        Start(_agent.RunAsync);

        var waits = await WaitsAsync(10);
        waits.ShouldBe(waits.Order());
        waits[0].ShouldBeLessThan(TimeSpan.FromMilliseconds(500));
        waits[^1].ShouldBe(TimeSpan.FromSeconds(2));
        _agent.Failure.ShouldBeOfType<AwayException>();
        returned.IsCompleted.ShouldBeFalse();

        // A signal must not turn into a storm of looks while the database is away.
        var reads = _marks.Reads;
        _agent.Signal(appended: true);
        await _clock.WaitForTimersAsync(1).InTime();
        _marks.Reads.ShouldBe(reads);

        _marks.Error = null;
        _marks.Set(2);
        await NextAsync();
        await returned.InTime();
        _agent.Failure.ShouldBeNull();
        _agent.Mark.ShouldBe(new Position(2));
    }

    [Fact]
    public async Task Appends_of_this_process_are_hinted_to_the_others_once_an_interval()
    {
        Start(_agent.HintAsync);
        await _clock.WaitForTimersAsync(1).InTime();
        for (var n = 1; n <= 3; n++)
            Append(n);
        _channel.Sent.ShouldBe(0);
        (await _clock.NextAsync()).ShouldBe(_options.HintInterval);
        await _channel.SentAsync(1);
        await _clock.NextAsync();
        _channel.Sent.ShouldBe(1);

        Append(4);
        await _channel.SentAsync(2);
    }

    [Fact]
    public async Task Append_is_hinted_whether_or_not_a_poll_saw_it_before_its_signal()
    {
        Start(_agent.HintAsync);
        await _clock.NextAsync();
        _marks.Set(1);
        await _agent.RefreshAsync(_stop.Token);

        Append(1);

        await _channel.SentAsync(1);
    }

    [Fact]
    public async Task Events_of_others_are_not_hinted()
    {
        Start(_agent.HintAsync);
        await _clock.NextAsync();
        _marks.Set(1);
        await _agent.RefreshAsync(_stop.Token);
        await _stop.CancelAsync();
        await Task.WhenAll(_loops).InTime();
        _channel.Sent.ShouldBe(0);
    }

    [Fact]
    public async Task Hint_that_cannot_be_sent_does_not_end_the_loop()
    {
        _channel.SendError = new AwayException();
        Start(_agent.HintAsync);
        await _clock.WaitForTimersAsync(1).InTime();
        Append(1);
        await _clock.NextAsync();
        await _channel.SentAsync(1);
        _channel.SendError = null;
        await _clock.NextAsync();

        Append(2);

        await _channel.SentAsync(2);
    }

    [Fact]
    public async Task What_was_appended_last_is_hinted_at_the_end()
    {
        Start(_agent.HintAsync);
        await _clock.WaitForTimersAsync(1).InTime();
        Append(1);

        await _stop.CancelAsync();
        await Task.WhenAll(_loops).InTime();

        _channel.Sent.ShouldBe(1);
    }

    [Fact]
    public async Task Broken_channel_is_opened_again_and_polling_carries_on_meanwhile()
    {
        Start(_agent.ListenAsync);
        await _channel.OpenedAsync();
        Start(_agent.RunAsync);
        await _clock.WaitForTimersAsync(1).InTime();
        (_clock.NextTimer - _clock.GetUtcNow()).ShouldBe(_options.PollWithHints);

        _channel.Break();

        // Now the listener waits to open the channel again, and the loop polls as it does without hints.
        await _clock.WaitForTimersAsync(2).InTime();
        (_clock.NextTimer - _clock.GetUtcNow()).ShouldNotBeNull().ShouldBeLessThanOrEqualTo(_options.PollIdle);
        await _clock.RunAsync(_channel.OpenedAsync(2));
    }

    [Fact]
    public async Task Loops_end_when_told_to()
    {
        Start(_agent.RunAsync);
        Start(_agent.ListenAsync);
        Start(_agent.HintAsync);
        await _channel.OpenedAsync();
        await _marks.ReadsReachAsync(1);

        await _stop.CancelAsync();

        await Task.WhenAll(_loops).InTime();
    }

    private void Start(Func<CancellationToken, Task> loop) => _loops.Add(Task.Run(() => loop(_stop.Token)));

    private void Append(long position)
    {
        _marks.Set(position);
        _agent.Signal(appended: true);
    }

    // The loop under test sets one timer per look, so each step is one look.
    private async Task<TimeSpan> NextAsync()
    {
        var reads = _marks.Reads;
        var waited = await _clock.NextAsync();
        await _marks.ReadsReachAsync(reads + 1);
        await _clock.WaitForTimersAsync(1).InTime();
        return waited;
    }

    private async Task<IReadOnlyList<TimeSpan>> WaitsAsync(int count)
    {
        var waits = new List<TimeSpan>();
        while (waits.Count < count)
            waits.Add(await NextAsync());
        return waits;
    }

    private async Task AdvanceAsync(TimeSpan by)
    {
        for (var end = _clock.GetUtcNow() + by; _clock.GetUtcNow() < end;)
            await _clock.NextAsync();
    }

    private async Task<int> ReadsInAMinuteAsync()
    {
        var before = _marks.Reads;
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        return _marks.Reads - before;
    }
}
