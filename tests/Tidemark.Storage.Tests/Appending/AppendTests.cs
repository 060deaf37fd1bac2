using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Appending;

/// <summary>One append to one stream, with each expectation.</summary>
public abstract class AppendTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    [Theory]
    [InlineData(0, "any")]
    [InlineData(0, "none")]
    [InlineData(0, "0")]
    [InlineData(3, "any")]
    [InlineData(3, "3")]
    [InlineData(3, "exists")]
    [InlineData(1, "exists")]
    public async Task Append_when_the_expectation_is_met_stores_the_events(int existing, string expected)
    {
        var before = existing == 0 ? default : await AppendAsync("order-1", existing);

        var outcome = await AppendAsync(Make.Append("order-1", Make.Expected(expected), 2));

        outcome.Status.ShouldBe(AppendStatus.Appended);
        outcome.Version.ShouldBe(new StreamVersion(existing + 2));
        outcome.First.ShouldBeGreaterThan(before.Last);
        outcome.Last.ShouldBeGreaterThan(outcome.First);
        (await ReadStreamAsync("order-1")).Select(e => e.Version.Value).ShouldBe(Make.Versions(existing + 2));
    }

    [Theory]
    [InlineData(0, "exists")]
    [InlineData(0, "1")]
    [InlineData(0, "7")]
    [InlineData(3, "none")]
    [InlineData(3, "0")]
    [InlineData(3, "2")]
    [InlineData(3, "4")]
    public async Task Append_when_the_expectation_is_not_met_answers_conflict_with_the_actual_version(int existing, string expected)
    {
        if (existing > 0)
            await AppendAsync("order-1", existing);

        var outcome = await AppendAsync(Make.Append("order-1", Make.Expected(expected), 2));

        outcome.ShouldBe(new AppendOutcome(AppendStatus.Conflict, new(existing), default, default));
        (await ReadStreamAsync("order-1")).Count.ShouldBe(existing);
        (await ReadLogAsync()).Count.ShouldBe(existing);
        var state = await Log.FindStreamAsync(TenantId.Default, "order-1", Token);
        (state?.Version.Value ?? 0).ShouldBe(existing);
    }

    [Fact]
    public async Task Append_answers_the_positions_at_which_the_events_are_read()
    {
        await AppendAsync("other");

        var outcome = await AppendAsync("order-1", 5);

        var read = await ReadStreamAsync("order-1");
        read[0].Position.ShouldBe(outcome.First);
        read[^1].Position.ShouldBe(outcome.Last);
        read.Select(e => e.Position.Value).ShouldBeInOrder();
        (await ReadLogAsync()).Where(e => e.StreamId == "order-1").Select(e => e.Position).ShouldBe(read.Select(e => e.Position));
    }

    [Fact]
    public async Task First_position_of_a_log_is_after_the_beginning()
    {
        var outcome = await AppendAsync("order-1");

        outcome.First.ShouldBeGreaterThan(Position.Beginning);
        outcome.First.ShouldBe(outcome.Last);
    }

    [Fact]
    public async Task Append_of_2000_events_to_one_stream_is_one_append()
    {
        var outcome = await AppendAsync("order-1", 2000);

        outcome.Version.ShouldBe(new StreamVersion(2000));
        (await ReadStreamAsync("order-1")).Select(e => e.Version.Value).ShouldBe(Make.Versions(2000));
    }

    [Fact]
    public async Task Append_after_a_conflict_succeeds_with_the_version_of_the_answer()
    {
        await AppendAsync("order-1", 3);
        var conflict = await AppendAsync(Make.Append("order-1", ExpectedVersion.NoStream));

        var outcome = await AppendAsync(Make.Append("order-1", ExpectedVersion.Exactly(conflict.Version)));

        outcome.Version.ShouldBe(new StreamVersion(4));
    }

    [Fact]
    public async Task Append_with_a_cancelled_token_is_refused_or_stores_whole()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        try
        {
            await Log.AppendAsync([Make.Append("order-1", ExpectedVersion.Any, 3)], cancelled.Token);
        }
        catch (OperationCanceledException)
        {
            // The outcome is unknown to the caller; it must be all or nothing.
        }

        (await ReadStreamAsync("order-1")).Count.ShouldBeOneOf(0, 3);
    }
}
