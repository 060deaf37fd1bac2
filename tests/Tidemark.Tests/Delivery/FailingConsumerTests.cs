using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Delivery;

/// <summary>What happens to events that a consumer fails at: they are tried again, and by policy stop, park or skip.</summary>
public sealed class FailingConsumerTests : DeliveryScene
{
    private readonly Poison _poison = new();
    private readonly Inbox _mail = new();
    private DeliveryPolicy _policy = new() { RetryMin = TimeSpan.FromMilliseconds(1), RetryMax = TimeSpan.FromMilliseconds(2) };

    public FailingConsumerTests() => _mail.OnEvent = e =>
    {
        if (e.Data is Deposited { Amount: var amount })
            _poison.Taste(amount);
        return Task.CompletedTask;
    };

    [Fact]
    public async Task An_event_is_tried_without_limit_and_attempts_are_counted_over_restarts()
    {
        _poison.Add(2);
        await StartAsync();
        await DepositAsync("account-1", 1, 2, 3);
        await _mail.UntilAsync(() => _mail.Tries >= 5);
        await Host.DisposeAsync();
        var before = (await Host.Storage.DeliveryFailures.ReadAllAsync(default)).ShouldHaveSingleItem();
        before.Attempts.ShouldBeGreaterThanOrEqualTo(3);
        (before.Position, before.IsFaulted).ShouldBe((new Position(2), false));
        before.Reason.ShouldBe("InvalidOperationException: poison 2");

        await StartAsync();
        await Eventually.TrueAsync(
            async () => (await Host.Host.Subscriptions.ReadFailuresAsync()) is [{ } now] && now.Attempts > before.Attempts
                && now.FirstFailedAt == before.FirstFailedAt,
            () => "attempts go on");
        _poison.Heal(2);
        await _mail.ReceivedAsync(3);

        _mail.Amounts.ShouldBe([1, 2, 3]);
        await Eventually.TrueAsync(
            async () => (await Host.Host.Subscriptions.ReadFailuresAsync()).Count == 0, () => "the failure is forgotten");
    }

    [Fact]
    public async Task A_subscription_that_stops_by_policy_stays_so_over_a_restart_until_it_is_resumed()
    {
        _policy = _policy with { AttemptsMax = 3 };
        _poison.Add(2);
        await StartAsync();
        await DepositAsync("account-1", 1, 2, 3);
        await FaultedAsync();
        await Host.DisposeAsync();
        await StartAsync();
        await Eventually.TrueAsync(
            () => Host.Daemon.Status().Shards.Any(s => s.Error?.Category == ErrorCategory.Faulted), () => "it is faulted again");
        var tries = _mail.Tries;
        _poison.Heal(2);
        await DepositAsync("account-2", 4);
        tries.ShouldBe(1 + 3);
        _mail.Tries.ShouldBe(tries);

        await Host.Host.Control.ResumeAsync("mail").InTime();
        await _mail.ReceivedAsync(4);

        _mail.Amounts.ShouldBe([1, 2, 3, 4]);
        (await Host.Host.Subscriptions.ReadFailuresAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_parked_stream_waits_and_the_others_go_on_and_a_retry_runs_its_queue_in_order()
    {
        _policy = _policy with { AttemptsMax = 2, OnFailure = FailureAction.Park };
        _poison.Add(2);
        await StartAsync();
        await DepositAsync("account-1", 1, 2, 3);
        await DepositAsync("account-2", 4);
        await DepositAsync("account-1", 5);
        await DepositAsync("account-2", 6);
        await _mail.ReceivedAsync(3);
        _mail.Amounts.ShouldBe([1, 4, 6]);
        var letter = (await Host.Daemon.ReadDeadLettersAsync("mail")).ShouldHaveSingleItem();
        (letter.Position, letter.State, letter.Attempts, letter.Category)
            .ShouldBe((new Position(2), DeadLetterState.Parked, 2, ErrorCategory.Delivery));
        await Host.DisposeAsync();

        await StartAsync();
        await DepositAsync("account-1", 7);
        await DepositAsync("account-2", 8);
        await _mail.ReceivedAsync(4);
        _poison.Heal(2);
        (await Host.Host.Control.RetryDeadLetterAsync("mail", new(2)).InTime()).Result.ShouldBe(
            "1 dead letter(s) settled, 4 event(s) applied.");
        await DepositAsync("account-1", 9);
        await _mail.ReceivedAsync(9);

        _mail.Amounts.ShouldBe([1, 4, 6, 8, 2, 3, 5, 7, 9]);
        (await Host.Daemon.ReadDeadLettersAsync("mail")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_skipped_event_is_on_record_and_its_stream_goes_on()
    {
        _policy = _policy with { AttemptsMax = 1, OnFailure = FailureAction.Skip };
        _poison.Add(2);
        await StartAsync();
        await DepositAsync("account-1", 1, 2, 3);
        await _mail.ReceivedAsync(2);

        _mail.Amounts.ShouldBe([1, 3]);
        (await Host.Daemon.ReadDeadLettersAsync("mail")).ShouldHaveSingleItem().State.ShouldBe(DeadLetterState.Skipped);
    }

    [Fact]
    public async Task Parallel_streams_keep_their_order_and_what_is_done_is_not_done_again()
    {
        _policy = _policy with { ParallelStreams = 4, AttemptsMax = 4, OnFailure = FailureAction.Park };
        _poison.Add(3);
        await StartWithoutAsync();
        for (var amount = 1; amount <= 5; amount++)
        {
            for (var account = 1; account <= 6; account++)
                await DepositAsync($"account-{account}", account == 1 ? amount : 100 + amount);
        }

        await Host.DisposeAsync();
        await StartAsync();
        await _mail.ReceivedAsync(5 * 5 + 2);
        await Eventually.TrueAsync(
            async () => (await Host.Daemon.ReadDeadLettersAsync("mail")).Count == 1, () => "the stream is parked");

        _mail.Events.Select(e => e.Position).Distinct().Count().ShouldBe(27);
        _mail.Events.Count.ShouldBe(27);
        foreach (var stream in _mail.Events.GroupBy(e => e.StreamId))
            stream.Select(e => e.Version.Value).ShouldBeInOrder();
    }

    [Fact]
    public async Task An_event_that_cannot_be_decoded_waits_for_code_that_can()
    {
        await StartAsync(t => t.Events(e => e.Add<Strange>("strange")));
        await DepositAsync("account-1", 1);
        await Host.Store.AppendAsync("account-1", ExpectedVersion.Any, [new Strange(7)]);
        await DepositAsync("account-1", 2);
        await Host.DisposeAsync();
        await StartAsync();
        await _mail.ReceivedAsync(1);
        await Eventually.TrueAsync(
            async () => (await Host.Host.Subscriptions.ReadFailuresAsync()) is [{ Position.Value: 2 }], () => "it waits at the event");
        await Host.DisposeAsync();

        await StartAsync(
            t => t.Events(e => e.Add<Strange>("strange")).AddSubscription("mail", _mail.HandleAsync, s => s.Policy(_policy)));
        await _mail.ReceivedAsync(3);
        _mail.Events.Select(e => e.Position.Value).ShouldBe([1, 2, 3]);
    }

    private sealed record Strange(int Number);

    private Task StartAsync() => StartAsync(t => t.AddSubscription("mail", _mail.HandleAsync, s => s.Policy(_policy)));

    private Task FaultedAsync() => Eventually.TrueAsync(
        async () => (await Host.Host.Subscriptions.ReadFailuresAsync()) is [{ IsFaulted: true }], () => "the subscription is faulted");
}
