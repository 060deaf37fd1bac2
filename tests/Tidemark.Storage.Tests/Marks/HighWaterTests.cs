using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Appending;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Marks;

/// <summary>The mark: exact, never ahead of what may still appear, never behind once nothing is open (I4, I5).</summary>
public abstract class HighWaterTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    [Fact]
    public async Task Mark_of_an_empty_log_lies_before_the_first_append()
    {
        var reading = await HighWater.ReadAsync(Position.Beginning, Token);

        reading.Last.ShouldBe(reading.Mark);
        (await AppendAsync("order-1")).First.ShouldBeGreaterThan(reading.Mark);
    }

    [Fact]
    public async Task Mark_read_after_an_append_has_returned_is_at_its_last_position()
    {
        for (var i = 1; i <= 5; i++)
        {
            var last = (await AppendAsync("order-1", i)).Last;

            (await HighWater.ReadAsync(Position.Beginning, Token)).Mark.ShouldBe(last);
            var known = await HighWater.ReadAsync(last, Token);
            known.ShouldBe(new(last, last));
        }
    }

    [Fact]
    public async Task Mark_is_read_alike_by_another_process()
    {
        await using var other = Store.OpenAgain();
        var known = Position.Beginning;

        for (var i = 0; i < 5; i++)
        {
            var last = (await AppendAsync($"s-{i}")).Last;
            known = (await other.HighWater.ReadAsync(known, Token)).Mark;
            known.ShouldBe(last);
        }
    }

    [Fact]
    public async Task Mark_does_not_pass_an_open_append_and_passes_it_at_its_commit()
    {
        var before = (await AppendAsync("before")).Last;
        await using var transaction = await TestTransaction.OwnAsync(Log, Token);
        var open = (await Log.AppendAsync(transaction.Handle, [Make.Append("order-1", ExpectedVersion.Any, 2)], Token))[0];

        var during = await HighWater.ReadAsync(Position.Beginning, Token);
        during.Mark.ShouldBeGreaterThanOrEqualTo(before);
        during.Mark.ShouldBeLessThan(open.First);

        await transaction.CommitAsync(Token);
        (await HighWater.ReadAsync(during.Mark, Token)).ShouldBe(new(open.Last, open.Last));
    }

    [Fact]
    public async Task Mark_is_not_held_back_by_a_rolled_back_append()
    {
        await using (var transaction = await TestTransaction.OwnAsync(Log, Token))
            await Log.AppendAsync(transaction.Handle, [Make.Append("order-1", ExpectedVersion.Any, 3)], Token);

        var reading = await HighWater.ReadAsync(Position.Beginning, Token);
        reading.Mark.ShouldBe(reading.Last);
        var last = (await AppendAsync("order-2")).Last;
        (await HighWater.ReadAsync(reading.Mark, Token)).Mark.ShouldBe(last);
        (await HighWater.ReadBlockersAsync(Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Mark_is_not_held_back_by_a_transaction_that_has_not_appended()
    {
        var last = (await AppendAsync("order-1")).Last;
        await using var transaction = await Log.BeginAsync(Token);

        (await HighWater.ReadAsync(Position.Beginning, Token)).Mark.ShouldBe(last);
        (await HighWater.ReadBlockersAsync(Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Blockers_of_an_idle_log_are_none()
    {
        await AppendAsync("order-1");

        (await HighWater.ReadBlockersAsync(Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Reader_that_follows_the_mark_sees_every_event_once_and_in_order_under_load()
    {
        const int writers = 6;
        var seed = Seed.New();
        await using var other = Store.OpenAgain();
        var writing = Task.WhenAll(Enumerable.Range(0, writers).Select(w =>
            Task.Run(() => WriteAsync(w % 2 == 0 ? Storage : other, new Random(seed + w)))));

        var reader = new LogFollower(other, Token);
        while (!writing.IsCompleted)
            await reader.ReadOnceAsync();
        var stored = (await writing).SelectMany(ids => ids).ToHashSet();
        await reader.ReadOnceAsync();

        reader.Seen.Select(e => e.Id).ShouldBeUnique($"seed {seed}");
        reader.Seen.Select(e => e.Id).ToHashSet().SetEquals(stored)
            .ShouldBeTrue($"seed {seed}: {reader.Seen.Count} seen, {stored.Count} stored");
        reader.Seen.Select(e => e.Position.Value).ShouldBeInOrder();
        foreach (var stream in reader.Seen.GroupBy(e => e.StreamId))
            stream.Select(e => e.Version.Value)
                .ShouldBe(Make.Versions(stream.Count()), $"stream {stream.Key}, seed {seed}");
    }

    /// <summary>
    /// Appends by itself, in own transactions of several appends, and in ones that it rolls back; answers the ids that were stored.
    /// </summary>
    private async Task<List<Guid>> WriteAsync(IEventDatabaseStorage storage, Random random)
    {
        var stored = new List<Guid>();
        for (var round = 0; round < 25; round++)
        {
            var first = Make.Append($"s-{random.Next(8)}", ExpectedVersion.Any, random.Next(1, 4));
            if (random.Next(3) == 0)
            {
                (await storage.Log.AppendAsync([first], Token))[0].Status.ShouldBe(AppendStatus.Appended);
                stored.AddRange(first.Events.Select(e => e.Id));
                continue;
            }

            // The second stream's name is after every first one's, so that two transactions never wait for each other.
            var second = Make.Append($"t-{random.Next(8)}", ExpectedVersion.Any, random.Next(1, 4));
            await using var transaction = await storage.Log.BeginAsync(Token);
            await storage.Log.AppendAsync(transaction, [first], Token);
            await storage.Log.AppendAsync(transaction, [second], Token);
            if (random.Next(3) == 0)
                continue;
            await transaction.CommitAsync(Token);
            stored.AddRange(first.Events.Concat(second.Events).Select(e => e.Id));
        }

        return stored;
    }
}
