using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Log;

public sealed class EventStoreTests : IAsyncLifetime
{
    private TidemarkHost _host = null!;

    private EventStore Store => _host.Store;

    public async ValueTask InitializeAsync() =>
        _host = await TidemarkHost.StartAsync(t => t.UseInMemory().Events(e => Accounts.Register(e))
            .Configure(o => o.Log.PageEventsMax = 3));

    public async ValueTask DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Concurrent_appends_each_get_their_own_result()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 400).Select(n =>
            Store.AppendAsync($"s{n % 7}", ExpectedVersion.Any, [new Deposited(n), new Deposited(n)]))).InTime();

        results.SelectMany(r => new[] { r.First.Value, r.Last.Value }).Order().ShouldBe(Enumerable.Range(1, 800).Select(n => (long)n));
        foreach (var stream in results.GroupBy(r => r.Stream))
            stream.Select(r => r.Version.Value).Order().ShouldBe(Enumerable.Range(1, stream.Count()).Select(n => 2L * n));
        foreach (var result in results)
            result.Last.Value.ShouldBe(result.First.Value + 1);
    }

    [Fact]
    public async Task One_of_many_appends_with_the_same_expectation_wins()
    {
        var tries = Enumerable.Range(0, 50).Select(n => Store.AppendAsync("a", ExpectedVersion.NoStream, [new Deposited(n)])).ToArray();
        await Task.WhenAll(tries).ContinueWith(_ => { }, TaskScheduler.Default).InTime();

        tries.Count(t => t.IsCompletedSuccessfully).ShouldBe(1);
        tries.Where(t => t.IsFaulted).ShouldAllBe(t => t.Exception!.InnerException is VersionConflictException);
        (await ReadAsync("a")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Conflict_tells_both_versions_and_what_to_do()
    {
        await Store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1), new Deposited(2)]);

        var error = await Should.ThrowAsync<VersionConflictException>(
            () => Store.ForTenant("t").AppendAsync("a", ExpectedVersion.Exactly(2), [new Deposited(3)]));
        error.Actual.ShouldBe(StreamVersion.None);
        error.Message.ShouldContain("of tenant 't'");
        error = await Should.ThrowAsync<VersionConflictException>(
            () => Store.AppendAsync("a", ExpectedVersion.Exactly(1), [new Deposited(3)]));
        error.Actual.ShouldBe(new StreamVersion(2));
        error.Expected.ShouldBe(ExpectedVersion.Exactly(1));
        error.Message.ShouldContain("DecideAsync");
    }

    [Fact]
    public async Task Repeated_append_stores_nothing_and_returns_the_first_result()
    {
        object[] events = [new NewEvent(new Deposited(1)) { Id = Make.Id(1) }, new NewEvent(new Deposited(2)) { Id = Make.Id(2) }];
        var first = await Store.AppendAsync("a", ExpectedVersion.NoStream, events);
        await Store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(3)]);

        var again = await Store.AppendAsync("a", ExpectedVersion.NoStream, events);

        again.ShouldBe(first with { WasStoredBefore = true });
        await Should.ThrowAsync<EventIdConflictException>(() => Store.AppendAsync("b", ExpectedVersion.Any, events));
        (await ReadAsync("a")).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Append_to_several_streams_is_all_or_nothing()
    {
        await Store.AppendAsync("b", ExpectedVersion.Any, [new Deposited(1)]);

        await Should.ThrowAsync<VersionConflictException>(() => Store.AppendAsync(
            [new("a", ExpectedVersion.NoStream, [new Deposited(1)]), new("b", ExpectedVersion.NoStream, [new Deposited(2)])]));
        (await ReadAsync("a")).ShouldBeEmpty();
        (await ReadAsync("b")).ShouldBe([1]);

        var results = await Store.AppendAsync(
            [new("a", ExpectedVersion.NoStream, [new Deposited(1)]),
                new("b", ExpectedVersion.Exactly(1), [new Deposited(2), new Deposited(3)])]);
        results.Select(r => (r.Stream.Value, r.Version.Value)).ShouldBe([("a", 1L), ("b", 3L)]);
        await Should.ThrowAsync<ArgumentException>(() => Store.AppendAsync([]));
        await Should.ThrowAsync<ArgumentException>(() => Store.AppendAsync(
            [new("c", ExpectedVersion.Any, [new Deposited(1)]), new("c", ExpectedVersion.Any, [new Deposited(1)])]));
    }

    [Fact]
    public async Task Archived_stream_takes_no_events_and_can_still_be_read()
    {
        await Store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)]);
        (await Store.ArchiveAsync("a")).ShouldBeTrue();
        (await Store.ArchiveAsync("none")).ShouldBeFalse();

        await Should.ThrowAsync<StreamArchivedException>(() => Store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(2)]));
        (await ReadAsync("a")).ShouldBe([1]);
        (await Store.ReadLogAsync().ToListAsync()).ShouldBeEmpty();
        await Store.UnarchiveAsync("a");
        await Store.AppendAsync("a", ExpectedVersion.Exactly(1), [new Deposited(2)]);
        (await ReadAsync("a")).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Stream_is_read_in_either_direction_between_versions_and_page_by_page()
    {
        await Store.AppendAsync("a", ExpectedVersion.Any, [.. Enumerable.Range(1, 10).Select(n => new Deposited(n))]);
        for (var from = 0; from <= 12; from++)
        {
            for (var to = 0; to <= 12; to++)
            {
                foreach (var max in (int[])[0, 1, 3, 4, int.MaxValue])
                {
                    var expected = Enumerable.Range(1, 10).Where(v => v >= from && v <= to).Select(v => (long)v).ToArray();
                    var options = new StreamReadOptions { From = new(from), To = new(to), EventsMax = max };
                    (await ReadAsync("a", options)).ShouldBe(expected.Take(max));
                    (await ReadAsync("a", options with { Backwards = true })).ShouldBe(expected.Reverse().Take(max));
                }
            }
        }

        (await ReadAsync("a", new() { Backwards = true })).ShouldBe(Enumerable.Range(1, 10).Reverse().Select(n => (long)n));
        (await ReadAsync("none", new() { Backwards = true })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Log_is_read_page_by_page_with_filters()
    {
        await Store.ForTenant("t").AppendAsync("a", ExpectedVersion.Any, [.. Enumerable.Range(1, 10).Select(n => new Deposited(n))]);
        await Store.AppendAsync("b", ExpectedVersion.Any, [.. Enumerable.Range(1, 10).Select(n => new Withdrawn(n))]);

        (await Store.ReadLogAsync().ToListAsync()).Select(e => e.Position.Value).ShouldBe(Enumerable.Range(1, 20).Select(n => (long)n));
        (await Store.ReadLogAsync(new(7)).ToListAsync()).Count.ShouldBe(13);
        (await Store.ReadLogAsync(filter: new(Types: ["withdrawn"])).ToListAsync()).ShouldAllBe(e => e.Data is Withdrawn);
        (await Store.ReadLogAsync(filter: new(Tenants: ["t"])).ToListAsync()).Count.ShouldBe(10);
        (await Store.ReadLogAsync(filter: new(Types: [])).ToListAsync()).ShouldBeEmpty();
        var slot = Slot.Of("", "b");
        (await Store.ReadLogAsync(filter: new(Slots: new(slot, slot))).ToListAsync()).ShouldAllBe(e => e.StreamId == "b");
    }

    private async Task<IReadOnlyList<long>> ReadAsync(string stream, StreamReadOptions? options = null) =>
        [.. (await Store.ReadStreamAsync(stream, options).ToListAsync()).Select(e => ((Deposited)e.Data).Amount)];
}
