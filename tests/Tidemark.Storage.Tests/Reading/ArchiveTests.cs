using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Reading;

/// <summary>Archived streams: hidden from the log, closed for appends, readable as streams.</summary>
public abstract class ArchiveTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    [Fact]
    public async Task Archived_stream_is_hidden_from_the_log_and_readable_as_a_stream()
    {
        await AppendAsync("kept");
        await AppendAsync("order-1", 2);
        await AppendAsync("order-1", tenant: "north");

        (await Log.SetArchivedAsync(TenantId.Default, "order-1", true, Token)).ShouldBeTrue();

        (await ReadLogAsync()).Select(e => (e.Tenant.Value, e.StreamId.Value)).ShouldBe([("", "kept"), ("north", "order-1")]);
        (await ReadStreamAsync("order-1")).Count.ShouldBe(2);
        (await Log.FindStreamAsync(TenantId.Default, "order-1", Token))
            .ShouldBe(new StreamState(TenantId.Default, "order-1", new(2), true));
    }

    [Theory]
    [InlineData("any")]
    [InlineData("2")]
    [InlineData("exists")]
    [InlineData("none")]
    public async Task Archived_stream_refuses_appends_with_its_version(string expected)
    {
        await AppendAsync("order-1", 2);
        await Log.SetArchivedAsync(TenantId.Default, "order-1", true, Token);

        var outcome = await AppendAsync(Make.Append("order-1", Make.Expected(expected)));

        outcome.ShouldBe(new AppendOutcome(AppendStatus.Archived, new(2), default, default));
        (await ReadStreamAsync("order-1")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Archiving_can_be_undone()
    {
        var outcome = await AppendAsync("order-1", 2);
        await Log.SetArchivedAsync(TenantId.Default, "order-1", true, Token);

        (await Log.SetArchivedAsync(TenantId.Default, "order-1", false, Token)).ShouldBeTrue();

        (await ReadLogAsync()).Select(e => e.Position).ShouldBe([outcome.First, outcome.Last]);
        (await AppendAsync(Make.Append("order-1", ExpectedVersion.Exactly(2)))).Version.ShouldBe(new StreamVersion(3));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Archiving_twice_is_the_same_as_once(bool archived)
    {
        await AppendAsync("order-1");

        (await Log.SetArchivedAsync(TenantId.Default, "order-1", archived, Token)).ShouldBeTrue();
        (await Log.SetArchivedAsync(TenantId.Default, "order-1", archived, Token)).ShouldBeTrue();

        (await Log.FindStreamAsync(TenantId.Default, "order-1", Token))!.IsArchived.ShouldBe(archived);
    }

    [Fact]
    public async Task Archiving_a_missing_stream_answers_false()
    {
        await AppendAsync("order-1", tenant: "north");

        (await Log.SetArchivedAsync(TenantId.Default, "order-1", true, Token)).ShouldBeFalse();
        (await Log.FindStreamAsync(TenantId.Default, "order-1", Token)).ShouldBeNull();
        (await AppendAsync(Make.Append("order-1", ExpectedVersion.NoStream))).Status.ShouldBe(AppendStatus.Appended);
    }

    [Fact]
    public async Task Page_of_archived_events_only_has_looked_through_its_bound()
    {
        var last = (await AppendAsync("order-1", 5)).Last;
        await Log.SetArchivedAsync(TenantId.Default, "order-1", true, Token);

        var page = await Log.ReadAsync(new(Position.Beginning, last, LogFilter.All, 2, 1), Token);

        page.Events.ShouldBeEmpty();
        page.ScannedThrough.ShouldBe(last);
    }
}
