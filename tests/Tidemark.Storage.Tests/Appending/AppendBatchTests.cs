using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Appending;

/// <summary>Several appends in one call: each by itself.</summary>
public abstract class AppendBatchTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    [Fact]
    public async Task Batch_with_every_outcome_answers_each_by_itself_in_the_order_given()
    {
        await AppendAsync("archived", 2);
        await Log.SetArchivedAsync(TenantId.Default, "archived", true, Token);
        await AppendAsync("behind", 4);
        var again = Make.Append("again", ExpectedVersion.NoStream, 2);
        var first = await AppendAsync(again);
        var theft = Make.Append("theft", ExpectedVersion.Any, [again.Events[0]]);

        var outcomes = await Log.AppendAsync(
            [
                Make.Append("z-new", ExpectedVersion.NoStream, 2),
                Make.Append("archived", ExpectedVersion.Any),
                Make.Append("behind", ExpectedVersion.Exactly(3)),
                again,
                theft,
                Make.Append("a-new", ExpectedVersion.Any, 1),
            ],
            Token);

        outcomes.Select(o => o.Status).ShouldBe(
        [
            AppendStatus.Appended, AppendStatus.Archived, AppendStatus.Conflict,
            AppendStatus.AlreadyAppended, AppendStatus.IdConflict, AppendStatus.Appended,
        ]);
        outcomes.Take(4).Select(o => o.Version.Value).ShouldBe([2L, 2L, 4L, 2L]);
        (outcomes[3].First, outcomes[3].Last).ShouldBe((first.First, first.Last));
        (await ReadStreamAsync("z-new")).Count.ShouldBe(2);
        (await ReadStreamAsync("a-new")).Count.ShouldBe(1);
        (await ReadStreamAsync("theft")).ShouldBeEmpty();
        (await Log.FindStreamAsync(TenantId.Default, "theft", Token)).ShouldBeNull();
        (await ReadStreamAsync("archived")).Count.ShouldBe(2);
        (await ReadStreamAsync("behind")).Count.ShouldBe(4);
    }

    [Fact]
    public async Task Batch_of_300_streams_answers_in_the_order_given()
    {
        StreamAppend[] appends =
            [.. Enumerable.Range(0, 300).Select(i => Make.Append($"s-{(i * 7919) % 300}", ExpectedVersion.NoStream, 1 + (i % 3)))];

        var outcomes = await Log.AppendAsync(appends, Token);

        outcomes.ShouldAllBe(o => o.Status == AppendStatus.Appended);
        var log = (await ReadLogAsync()).ToLookup(e => e.StreamId);
        for (var i = 0; i < appends.Length; i++)
        {
            var read = log[appends[i].Stream].ToArray();
            read.Select(e => e.Id).ShouldBe(appends[i].Events.Select(e => e.Id));
            outcomes[i].Version.ShouldBe(read[^1].Version);
            (outcomes[i].First, outcomes[i].Last).ShouldBe((read[0].Position, read[^1].Position));
        }
    }

    [Fact]
    public async Task Batch_with_the_same_stream_name_in_two_tenants_appends_to_both()
    {
        var outcomes = await Log.AppendAsync(
            [
                Make.Append("order-1", ExpectedVersion.NoStream, Make.Events(2), "north"),
                Make.Append("order-1", ExpectedVersion.NoStream, Make.Events(1), "south"),
            ],
            Token);

        outcomes.Select(o => o.Version.Value).ShouldBe([2L, 1L]);
    }

    [Fact]
    public async Task Batch_with_one_id_in_two_appends_stores_it_at_most_once()
    {
        var shared = Make.Event();
        StreamAppend[] appends =
        [
            Make.Append("a", ExpectedVersion.NoStream, [shared]),
            Make.Append("b", ExpectedVersion.NoStream, [Make.Event(), shared]),
            Make.Append("c", ExpectedVersion.NoStream),
        ];

        var outcomes = await AppendOrSplitAsync(appends);

        outcomes.Select(o => o?.Status).ShouldBe([AppendStatus.Appended, AppendStatus.IdConflict, AppendStatus.Appended]);
        (await ReadStreamAsync("b")).ShouldBeEmpty();
        (await ReadLogAsync()).Select(e => e.Id).ShouldBeUnique();
    }

    [Fact]
    public async Task Append_with_one_id_twice_stores_nothing()
    {
        var twice = Make.Event();

        var outcomes = await AppendOrSplitAsync(
            [Make.Append("a", ExpectedVersion.Any, [twice, twice]), Make.Append("b", ExpectedVersion.Any)]);

        (outcomes[0]?.IsStored ?? false).ShouldBeFalse();
        outcomes[1]!.Value.Status.ShouldBe(AppendStatus.Appended);
        (await ReadStreamAsync("a")).ShouldBeEmpty();
        (await Log.FindStreamAsync(TenantId.Default, "a", Token)).ShouldBeNull();
    }

    [Theory]
    [InlineData("{\"unfinished\":")]
    [InlineData("")]
    [InlineData("not json")]
    public async Task Batch_with_data_that_is_no_json_does_not_damage_the_others(string json)
    {
        StreamAppend[] appends =
        [
            Make.Append("a", ExpectedVersion.NoStream, 2),
            Make.Append("poison", ExpectedVersion.NoStream, [Make.Event(), Make.Event(json: json)]),
            Make.Append("z", ExpectedVersion.NoStream, 2),
        ];

        var outcomes = await AppendOrSplitAsync(appends);

        // A store that looks at the data refuses it; one that does not gives it back as it is.
        var stored = await ReadStreamAsync("poison");
        stored.Count.ShouldBe(outcomes[1] is null ? 0 : 2);
        (await ReadStreamAsync("a")).Count.ShouldBe(2);
        (await ReadStreamAsync("z")).Count.ShouldBe(2);
        outcomes[0]!.Value.IsStored.ShouldBeTrue();
        outcomes[2]!.Value.IsStored.ShouldBeTrue();
    }

    [Fact]
    public async Task Batch_with_no_appends_answers_nothing() => (await Log.AppendAsync([], Token)).ShouldBeEmpty();

    [Fact]
    public async Task Atomic_append_stores_all_streams()
    {
        await AppendAsync("b", 2);

        var outcomes = await Log.AppendAtomicallyAsync(
            [
                Make.Append("b", ExpectedVersion.Exactly(2), 2),
                Make.Append("a", ExpectedVersion.NoStream),
                Make.Append("c", ExpectedVersion.Any, 3),
            ],
            Token);

        outcomes.ShouldAllBe(o => o.Status == AppendStatus.Appended);
        outcomes.Select(o => o.Version.Value).ShouldBe([4L, 1L, 3L]);
        (await ReadLogAsync()).Count.ShouldBe(8);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Atomic_append_with_one_conflict_stores_nothing(int failing)
    {
        await AppendAsync("s-0");
        await AppendAsync("s-1");
        await AppendAsync("s-2");
        var appends = Enumerable.Range(0, 3)
            .Select(i => Make.Append($"s-{i}", i == failing ? ExpectedVersion.NoStream : ExpectedVersion.Exactly(1), 2)).ToArray();

        var outcomes = await Log.AppendAtomicallyAsync(appends, Token);

        outcomes[failing].Status.ShouldBe(AppendStatus.Conflict);
        outcomes[failing].Version.ShouldBe(new StreamVersion(1));
        outcomes.ShouldAllBe(o => !o.IsStored);
        (await ReadLogAsync()).Count.ShouldBe(3);
        for (var i = 0; i < 3; i++)
            (await Log.FindStreamAsync(TenantId.Default, $"s-{i}", Token))!.Version.ShouldBe(new StreamVersion(1));
    }

    [Fact]
    public async Task Atomic_append_with_an_archived_stream_stores_nothing()
    {
        await AppendAsync("archived");
        await Log.SetArchivedAsync(TenantId.Default, "archived", true, Token);

        var outcomes = await Log.AppendAtomicallyAsync(
            [Make.Append("new", ExpectedVersion.NoStream), Make.Append("archived", ExpectedVersion.Any)], Token);

        outcomes.ShouldAllBe(o => !o.IsStored);
        outcomes[1].Status.ShouldBe(AppendStatus.Archived);
        (await Log.FindStreamAsync(TenantId.Default, "new", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Atomic_append_repeated_answers_the_first_result()
    {
        StreamAppend[] appends = [Make.Append("b", ExpectedVersion.NoStream, 2), Make.Append("a", ExpectedVersion.NoStream)];
        var first = await Log.AppendAtomicallyAsync(appends, Token);
        await AppendAsync("a", 2);

        var again = await Log.AppendAtomicallyAsync(appends, Token);

        again.ShouldBe(first.Select(o => o with { Status = AppendStatus.AlreadyAppended }));
        (await ReadLogAsync()).Count.ShouldBe(5);
    }

    [Fact]
    public async Task Atomic_append_with_a_stolen_id_stores_nothing()
    {
        var theirs = Make.Append("theirs", ExpectedVersion.Any);
        await AppendAsync(theirs);

        AppendOutcome[] outcomes;
        try
        {
            outcomes = await Log.AppendAtomicallyAsync(
                [Make.Append("a", ExpectedVersion.Any), Make.Append("b", ExpectedVersion.Any, [theirs.Events[0]])], Token);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            outcomes = [];
        }

        outcomes.ShouldAllBe(o => !o.IsStored);
        (await ReadLogAsync()).ShouldHaveSingleItem();
    }

    /// <summary>
    /// As a caller of the port does: when a batch throws, its appends are made one by one; null for one that throws by itself.
    /// </summary>
    private async Task<AppendOutcome?[]> AppendOrSplitAsync(StreamAppend[] appends)
    {
        try
        {
            return [.. (await Log.AppendAsync(appends, Token)).Select(o => (AppendOutcome?)o)];
        }
        catch (Exception e) when (e is not OperationCanceledException && appends.Length > 1)
        {
            var single = new List<AppendOutcome?>();
            foreach (var append in appends)
                single.AddRange(await AppendOrSplitAsync([append]));
            return [.. single];
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Storage.IsTransient(e).ShouldBeFalse("repeating a poisonous append does not help");
            return [null];
        }
    }
}
