using Microsoft.Extensions.DependencyInjection;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Delivery;

/// <summary>What a consumer of batches answers, and what follows.</summary>
public sealed class OutcomeTests : DeliveryScene
{
    private static readonly DeliveryPolicy Quick = new()
    {
        RetryMin = TimeSpan.FromMilliseconds(1),
        RetryMax = TimeSpan.FromMilliseconds(2),
    };

    private readonly Inbox _mail = new();
    private readonly List<int> _batches = [];
    private Func<DeliveryBatch, DeliveryOutcome?> _answer = _ => null;

    [Fact]
    public async Task Batches_are_as_large_as_the_policy_allows_and_none_is_empty()
    {
        await DepositAsync(25);
        await StartAsync(Quick with { BatchEventsMax = 10 });
        await _mail.ReceivedAsync(25);

        _mail.Amounts.ShouldBe(Enumerable.Range(1, 25).Select(i => (long)i));
        _batches.ShouldBe([10, 10, 5]);
    }

    [Fact]
    public async Task Batches_are_bounded_in_bytes_and_one_large_event_still_goes()
    {
        await DepositAsync(0);
        await Host.Store.AppendAsync(
            "notes-1", ExpectedVersion.Any, [.. Enumerable.Range(0, 8).Select(i => new Noted(new string('x', i == 3 ? 5000 : 400)))]);
        await StartAsync(Quick with { BatchBytesMax = 1024 });
        await _mail.ReceivedAsync(8);

        _batches.ShouldBe([2, 1, 1, 2, 2]);
    }

    [Fact]
    public async Task Done_in_part_goes_on_behind_that_part()
    {
        _answer = batch => DeliveryOutcome.DoneThrough(batch.Events.Span[Math.Min(1, batch.Events.Length - 1)].Position);
        await DepositAsync(5);
        await StartAsync(Quick);
        await _mail.UntilAsync(() => _batches.Count >= 3);

        _batches.ShouldBe([5, 3, 1]);
        await Eventually.TrueAsync(
            async () => (await Host.Storage.Checkpoints.ReadAllAsync(default)).Single().Position.Value == 5, () => "all is stored");
    }

    [Fact]
    public async Task Park_skip_and_stop_are_about_the_event_behind_what_is_done()
    {
        _answer = batch =>
        {
            var first = batch.Events.Span[0].Position;
            return first.Value switch
            {
                1 => DeliveryOutcome.Skip("not mine", through: new(2)),
                4 => DeliveryOutcome.Park("later", through: new(5)),
                _ => DeliveryOutcome.Stop("enough", through: new(first.Value)),
            };
        };
        await DepositAsync(9, streams: 9);
        await StartAsync(Quick);
        await Eventually.TrueAsync(
            async () => await Host.Host.Subscriptions.ReadFailuresAsync() is [{ IsFaulted: true }], () => "it has stopped");

        var letters = await Host.Daemon.ReadDeadLettersAsync("mail");
        letters.Select(l => (l.Position.Value, l.State)).ShouldBe([(3, DeadLetterState.Skipped), (6, DeadLetterState.Parked)]);
        letters.Select(l => l.Error).ShouldAllBe(e => e.Contains("not mine") || e.Contains("later"));
        var failure = (await Host.Host.Subscriptions.ReadFailuresAsync()).Single();
        (failure.Position.Value, failure.Reason).ShouldBe((8, "enough"));
        _batches.ShouldBe([9, 6, 3]);
    }

    [Fact]
    public async Task A_batch_that_fails_as_a_whole_is_narrowed_down_to_the_event()
    {
        _mail.OnEvent = e => e.Position.Value == 13 ? throw new InvalidOperationException("boo") : Task.CompletedTask;
        await DepositAsync(20);
        await StartAsync(Quick with { AttemptsMax = 2, OnFailure = FailureAction.Skip });
        await _mail.UntilAsync(() => _mail.Events is [.., { Position.Value: 20 }]);

        var letter = (await Host.Daemon.ReadDeadLettersAsync("mail")).ShouldHaveSingleItem();
        (letter.Position.Value, letter.Attempts).ShouldBe((13, 2));
        _mail.Events.Select(e => e.Position.Value).Distinct().Order().ShouldBe(
            Enumerable.Range(1, 20).Where(i => i != 13).Select(i => (long)i));
    }

    [Fact]
    public async Task No_outcome_is_an_error_and_moves_nothing()
    {
        _answer = _ => default(DeliveryOutcome);
        await DepositAsync(2);
        await StartAsync(Quick);
        await Eventually.TrueAsync(
            () => Host.Daemon.Status().Shards.Any(s => s.Error?.Exception.Message.Contains("no outcome") == true), () => "it says so");

        (await Host.Storage.Checkpoints.ReadAllAsync(default)).Single().Position.ShouldBe(Position.Beginning);
        _answer = _ => null;
        await Host.Host.Control.ResumeAsync("mail").InTime();
        await _mail.UntilAsync(() => _mail.Events.Count >= 2);
    }

    [Fact]
    public async Task A_call_that_takes_too_long_counts_as_a_failed_attempt()
    {
        _mail.OnEvent = e => e.Position.Value == 2 ? Task.Delay(Timeout.Infinite, _hanging.Token) : Task.CompletedTask;
        await DepositAsync(3);
        await StartAsync(Quick with { CallTimeout = TimeSpan.FromMilliseconds(50), AttemptsMax = 1, OnFailure = FailureAction.Skip });
        await _mail.UntilAsync(() => _mail.Events is [.., { Position.Value: 3 }]);

        (await Host.Daemon.ReadDeadLettersAsync("mail")).ShouldHaveSingleItem().Error.ShouldContain("did not answer within");
        await _hanging.CancelAsync();
    }

    [Fact]
    public async Task A_time_out_of_what_the_consumer_uses_counts_as_a_failed_attempt()
    {
        _mail.OnEvent = e => e.Position.Value == 2 ? throw new TimeoutException("the printer") : Task.CompletedTask;
        await DepositAsync(3);
        await StartAsync(Quick with { AttemptsMax = 2, OnFailure = FailureAction.Skip });
        await _mail.UntilAsync(() => _mail.Events is [.., { Position.Value: 3 }]);

        (await Host.Daemon.ReadDeadLettersAsync("mail")).ShouldHaveSingleItem().Error.ShouldContain("the printer");
    }

    [Fact]
    public async Task A_batch_that_a_consumer_keeps_does_not_change()
    {
        var kept = new List<DeliveryBatch>();
        _answer = batch =>
        {
            kept.Add(batch);
            return DeliveryOutcome.Done;
        };
        await DepositAsync(25);
        await StartAsync(Quick with { BatchEventsMax = 10 });
        await _mail.UntilAsync(() => _batches.Count == 3);
        await Eventually.TrueAsync(
            async () => (await Host.Storage.Checkpoints.ReadAllAsync(default)).Single().Position.Value == 25, () => "all is stored");

        kept.SelectMany(b => b.Events.ToArray()).Select(e => e.Position.Value).ShouldBe(Enumerable.Range(1, 25).Select(i => (long)i));
    }

    [Fact]
    public async Task A_page_with_much_left_to_deliver_does_not_hold_up_the_end()
    {
        var (third, stops) = (new TaskCompletionSource(), new TaskCompletionSource<CancellationToken>());
        _answer = batch =>
        {
            if (batch.Events.Span[0].Position.Value == 3)
            {
                stops.TrySetResult(batch.Stopping);
                third.Task.Wait(Deadlines.Max).ShouldBeTrue();
            }

            return DeliveryOutcome.Done;
        };
        await DepositAsync(25);
        await StartAsync(Quick with { BatchEventsMax = 1 });
        var stopping = await stops.Task.InTime();
        await using (stopping.Register(third.SetResult))
            await Host.DisposeAsync().AsTask().InTime();

        _batches.Count.ShouldBe(3);
        await StartAsync(Quick with { BatchEventsMax = 10 });
        await _mail.UntilAsync(() => _batches.Count == 6);
        _batches.ShouldBe([1, 1, 1, 10, 10, 2]);
    }

    private readonly CancellationTokenSource _hanging = new();

    // The consumer is made by the services, in a scope for each batch.
    private sealed class Subscriber(OutcomeTests test) : ISubscriber
    {
        public async ValueTask<DeliveryOutcome> HandleAsync(DeliveryBatch batch, CancellationToken cancellationToken)
        {
            test._batches.Add(batch.Events.Length);
            if (test._answer(batch) is not { } answer)
                return await test._mail.HandleAsync(batch, cancellationToken);
            await test._mail.HandleAsync(batch.Events.Span[0], cancellationToken);
            return answer;
        }
    }

    private async Task StartAsync(DeliveryPolicy policy)
    {
        await Host.DisposeAsync();
        await StartAsync(t =>
        {
            t.Services.AddSingleton(this);
            t.AddSubscription<Subscriber>("mail", s => s.Policy(policy));
        });
    }

    private async Task DepositAsync(int count, int streams = 1)
    {
        await StartWithoutAsync();
        for (var i = 1; i <= count; i++)
            await Host.Store.AppendAsync($"account-{i % streams}", ExpectedVersion.Any, [new Deposited(i)]);
    }
}
