using System.Diagnostics;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Log;

public sealed class EventEncoderTests
{
    private sealed class CountingIds : IIdSource
    {
        private long _next = 1000;

        public Guid Next() => Make.Id(_next++);
    }

    private readonly LogOptions _options = new();

    [Fact]
    public void Events_get_ids_in_order_unless_they_bring_one()
    {
        var append = Encode([new Deposited(1), new NewEvent(new Deposited(2)) { Id = Make.Id(5) }, new Deposited(3)]);

        append.Events.Select(e => e.Id).ShouldBe([Make.Id(1000), Make.Id(5), Make.Id(1001)]);
        append.Events.ShouldAllBe(e => e.TypeName == "deposited" && e.MetadataJson == null);
        append.Slot.ShouldBe(Slot.Of(TenantId.Default, "account"));
    }

    [Fact]
    public void Event_of_its_own_metadata_does_not_take_that_of_the_call()
    {
        var append = Encode(
            [new Deposited(1), new NewEvent(new Deposited(2)) { Metadata = new() { Actor = "own" } }],
                new EventMetadata { CorrelationId = "call" });

        System.Text.Encoding.UTF8.GetString(append.Events[0].MetadataJson!).ShouldBe("""{"correlation":"call"}""");
        System.Text.Encoding.UTF8.GetString(append.Events[1].MetadataJson!).ShouldBe("""{"actor":"own"}""");
    }

    [Fact]
    public void Trace_of_the_current_activity_goes_along_unless_another_is_given()
    {
        using var activity = new Activity("append").SetIdFormat(ActivityIdFormat.W3C).Start();

        var append = Encode([new Deposited(1), new NewEvent(new Deposited(2)) { Metadata = new() { TraceParent = "given" } }]);

        System.Text.Encoding.UTF8.GetString(append.Events[0].MetadataJson!).ShouldContain(activity.Id!);
        System.Text.Encoding.UTF8.GetString(append.Events[1].MetadataJson!).ShouldBe("""{"traceParent":"given"}""");
    }

    [Fact]
    public void Event_that_is_too_large_names_limit_size_and_type()
    {
        _options.EventBytesMax = 1024;
        Encode([new Noted(new string('x', 1024 - 11))]).Events[0].Bytes.ShouldBe(1024);

        var error = Should.Throw<LimitExceededException>(() => Encode([new Noted(new string('x', 1024 - 10))]));

        error.Limit.ShouldBe(nameof(LogOptions.EventBytesMax));
        error.Allowed.ShouldBe(1024);
        error.Actual.ShouldBe(1025);
        error.Message.ShouldContain("Log:EventBytesMax");
        error.Message.ShouldContain("'noted'");
    }

    [Fact]
    public void Metadata_counts_against_the_size_of_an_event()
    {
        _options.EventBytesMax = 1024;
        Should.Throw<LimitExceededException>(() => Encode([new Noted("x")], new EventMetadata { Actor = new string('x', 1024) }))
            .Limit.ShouldBe(nameof(LogOptions.EventBytesMax));
    }

    [Fact]
    public void Too_many_events_name_the_limit()
    {
        _options.AppendEventsMax = 3;
        Encode([.. Enumerable.Repeat(new Deposited(1), 3)]);

        var error = Should.Throw<LimitExceededException>(() => Encode([.. Enumerable.Repeat(new Deposited(1), 4)]));

        (error.Limit, error.Allowed, error.Actual).ShouldBe((nameof(LogOptions.AppendEventsMax), 3, 4));
        error.Message.ShouldContain("Log:AppendEventsMax");
    }

    [Fact]
    public void Append_that_is_too_large_names_the_limit()
    {
        _options.AppendBytesMax = 1024;

        var error = Should.Throw<LimitExceededException>(() => Encode([.. Enumerable.Repeat(new Noted(new string('x', 300)), 4)]));

        error.Limit.ShouldBe(nameof(LogOptions.AppendBytesMax));
        error.Message.ShouldContain("Log:AppendBytesMax");
    }

    [Fact]
    public void Append_without_events_or_stream_or_data_is_refused()
    {
        Should.Throw<ArgumentException>(() => Encode([])).Message.ShouldContain("no events");
        Should.Throw<ArgumentException>(() => Encode([new NewEvent(null!)]));
        Should.Throw<ArgumentNullException>(() => Encode([null!]));
        Should.Throw<ArgumentException>(
            () => Encoder().Encode(TenantId.Default, new(default, ExpectedVersion.Any, [new Deposited(1)]), null))
            .Message.ShouldContain("must not be empty");
        Should.Throw<UnknownEventTypeException>(() => Encode(["text"])).Message.ShouldContain("String");
    }

    [Fact]
    public async Task Nothing_is_stored_when_a_limit_is_exceeded()
    {
        await using var host = await TidemarkHost.StartAsync(t => t.UseInMemory().Events(e => Accounts.Register(e))
            .Configure(o => { o.Log.EventBytesMax = 1024; o.Log.AppendEventsMax = 2; o.Log.AppendBytesMax = 1024; }));
        object[][] bad =
        [
            [new Deposited(1), new Noted(new string('x', 2000))],
            [new Deposited(1), new Deposited(2), new Deposited(3)],
            [new Noted(new string('x', 600)), new Noted(new string('x', 600))],
        ];

        foreach (var events in bad)
        {
            await Should.ThrowAsync<LimitExceededException>(() => host.Store.AppendAsync("a", ExpectedVersion.Any, events));
            await Should.ThrowAsync<LimitExceededException>(() => host.Store.AppendAsync(
                [new("b", ExpectedVersion.Any, [new Deposited(1)]), new("a", ExpectedVersion.Any, events)]));
        }

        (await host.Store.FindStreamAsync("a")).ShouldBeNull();
        (await host.Store.FindStreamAsync("b")).ShouldBeNull();
    }

    private EventEncoder Encoder() => new(Accounts.Types, new CountingIds(), _options);

    private StreamAppend Encode(object[] events, EventMetadata? metadata = null) =>
        Encoder().Encode(TenantId.Default, new("account", ExpectedVersion.Any, events), metadata);
}
