using Tidemark.Events;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Reading;

/// <summary>Looking up events by id, position and time.</summary>
public abstract class FindTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    [Fact]
    public async Task Event_is_found_by_its_id()
    {
        var append = Make.Append("order-1", ExpectedVersion.Any, 3);
        var outcome = await AppendAsync(append);

        (await Log.FindEventAsync(append.Events[2].Id, Token))!.Position.ShouldBe(outcome.Last);
        (await Log.FindEventAsync(Guid.NewGuid(), Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Event_id_is_found_at_exactly_its_position()
    {
        var append = Make.Append("order-1", ExpectedVersion.Any, 2);
        var outcome = await AppendAsync(append);

        (await Log.FindEventIdAsync(outcome.First, Token)).ShouldBe(append.Events[0].Id);
        (await Log.FindEventIdAsync(outcome.Last, Token)).ShouldBe(append.Events[1].Id);
        (await Log.FindEventIdAsync(Position.Beginning, Token)).ShouldBeNull();
        (await Log.FindEventIdAsync(new(outcome.Last.Value + 1), Token)).ShouldBeNull();
        (await Log.FindEventIdAsync(Position.Max, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Event_id_of_an_archived_stream_is_found()
    {
        var append = Make.Append("order-1", ExpectedVersion.Any);
        var outcome = await AppendAsync(append);
        await Log.SetArchivedAsync(TenantId.Default, "order-1", true, Token);

        (await Log.FindEventIdAsync(outcome.First, Token)).ShouldBe(append.Events[0].Id);
        (await Log.FindEventAsync(append.Events[0].Id, Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Guid_bytes_keep_their_order_in_the_store()
    {
        var id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        await AppendAsync(Make.Append("order-1", ExpectedVersion.Any, [Make.Event(id: id), Make.Event(id: Guid.Empty)]));

        (await ReadLogAsync()).Select(e => e.Id).ShouldBe([id, Guid.Empty]);
        (await Log.FindEventAsync(id, Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Position_before_a_moment_lets_a_reader_begin_with_the_first_event_from_then_on()
    {
        for (var i = 0; i < 4; i++)
            await AppendAsync("order-1", 2);
        var log = await ReadLogAsync();
        var through = log[^1].Position;

        foreach (var moment in log.Select(e => e.RecordedAt).Distinct())
        {
            var before = await Log.FindPositionBeforeAsync(moment, through, Token);
            var first = log.First(e => e.RecordedAt >= moment);
            before.ShouldBeLessThan(first.Position);
            log.First(e => e.Position > before).Position.ShouldBe(first.Position);
        }
    }

    [Fact]
    public async Task Position_before_the_first_event_is_before_it()
    {
        var first = (await AppendAsync("order-1", 2)).First;

        (await Log.FindPositionBeforeAsync(DateTimeOffset.UnixEpoch, new(1000), Token)).ShouldBeLessThan(first);
        (await Log.FindPositionBeforeAsync(DateTimeOffset.MinValue, new(1000), Token)).ShouldBeLessThan(first);
    }

    [Fact]
    public async Task Position_before_a_moment_to_come_is_the_bound()
    {
        var bound = (await AppendAsync("order-1", 2)).Last;

        (await Log.FindPositionBeforeAsync(DateTimeOffset.UtcNow.AddDays(1), bound, Token)).ShouldBe(bound);
        (await Log.FindPositionBeforeAsync(DateTimeOffset.MaxValue, bound, Token)).ShouldBe(bound);
        (await Log.FindPositionBeforeAsync(DateTimeOffset.UtcNow.AddDays(1), Position.Beginning, Token)).ShouldBe(Position.Beginning);
    }

    [Fact]
    public async Task Position_before_a_moment_looks_at_nothing_beyond_the_bound()
    {
        var first = await AppendAsync("order-1");
        await AppendAsync("order-2");
        var later = (await ReadLogAsync())[1].RecordedAt;

        var before = await Log.FindPositionBeforeAsync(later.AddTicks(10), first.Last, Token);

        before.ShouldBe(first.Last);
    }
}
