using System.Text;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Reading;

/// <summary>What goes in comes out, to the byte.</summary>
public abstract class RoundTripTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    public static TheoryData<string> Json =>
    [
        "{}",
        """{"n":1}""",
        """{ "spaces" :  [ 1 ,2,   3 ] , "kept" : "as they are"  }""",
        """{"b":1,"a":2,"a":3}""",
        """{"text":"Grüße, 日本語, עברית, 👩‍👩‍👧 and \u00e9 \ud83d\ude00 \"quoted\" \\ \/ \b\f\n\r\t"}""",
        """{"nul":"\u0000 in the middle","half":"\ud83d alone"}""",
        """{"big":12345678901234567890123456789012345678901234567890,"exponent":1.0E+308,"zero":-0.0}""",
        """{"precise":0.1000000000000000055511151231257827}""",
        """{"long":9223372036854775807,"deep":[[[[[[[[[[{"x":null}]]]]]]]]]],"empty":"","t":true,"f":false}""",
        """["an","array"]""",
        "\"a string\"",
        "null",
        "{\"quote\":\"' -- ; drop table events; $1 {0} %s @p\"}",
    ];

    public static TheoryData<string> StreamNames =>
    [
        "x", "order-1", "with space ", " leading", "it's \"quoted\"", "back\\slash", "per%cent_under", "semi;colon--", "Ünïcödé",
        "日本語/ストリーム", "👩‍👩‍👧", "a:b@c#d", "NULL", "{0}", "$1",
        "new\u2028line", "\uFF5E\uE000", new string('é', 250), string.Concat(Enumerable.Repeat("😀", 125)),
    ];

    [Theory]
    [MemberData(nameof(Json))]
    public async Task Json_of_data_and_metadata_comes_back_byte_for_byte(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var append = Make.Append("order-1", ExpectedVersion.Any, [Make.Event(json: json)]);
        await AppendAsync(append);

        foreach (var read in await ReadEachWayAsync(append))
            read.Json.ToArray().ShouldBe(bytes);
    }

    [Fact]
    public async Task Every_field_of_an_event_comes_back()
    {
        const string metadata =
            """{"correlation":"c-1","causation":"c-2","actor":"Ånn","traceParent":"00-1-2-03","headers":{"k":"v","日":"本"}}""";
        var append = new StreamAppend("north", "order-1", 777, ExpectedVersion.NoStream, [Make.Event("order-placed", metadata: metadata)]);
        var before = DateTimeOffset.UtcNow.AddSeconds(-2);
        var outcome = await AppendAsync(append);

        foreach (var read in await ReadEachWayAsync(append))
        {
            read.Id.ShouldBe(append.Events[0].Id);
            read.TypeName.ShouldBe("order-placed");
            (read.Tenant.Value, read.StreamId.Value, read.Version.Value, read.Slot).ShouldBe(("north", "order-1", 1L, (short)777));
            read.Position.ShouldBe(outcome.First);
            read.RecordedAt.ShouldBeInRange(before, DateTimeOffset.UtcNow.AddSeconds(2));
            read.RecordedAt.Offset.ShouldBe(TimeSpan.Zero);
            (read.Metadata.CorrelationId, read.Metadata.CausationId, read.Metadata.Actor, read.Metadata.TraceParent)
                .ShouldBe(("c-1", "c-2", "Ånn", "00-1-2-03"));
            read.Metadata.Headers.ShouldBe(new Dictionary<string, string> { ["k"] = "v", ["日"] = "本" }, ignoreOrder: true);
        }
    }

    [Fact]
    public async Task Event_without_metadata_has_none()
    {
        var append = Make.Append("order-1", ExpectedVersion.Any);
        await AppendAsync(append);

        foreach (var read in await ReadEachWayAsync(append))
            read.Metadata.ShouldBe(EventMetadata.None);
    }

    [Fact]
    public async Task Payload_of_a_mebibyte_comes_back()
    {
        var random = new Random(17);
        var text = new string([.. Enumerable.Range(0, 1024 * 1024).Select(_ => (char)random.Next('a', 'z'))]);
        var append = Make.Append("order-1", ExpectedVersion.Any, [Make.Event(json: $"\"{text}\""), Make.Event()]);
        await AppendAsync(append);

        foreach (var read in await ReadEachWayAsync(append))
            read.Json.Length.ShouldBe(text.Length + 2);
        (await ReadStreamAsync("order-1"))[0].Json.ToArray().ShouldBe(append.Events[0].Json);
    }

    [Theory]
    [MemberData(nameof(StreamNames))]
    public async Task Stream_and_tenant_and_type_names_come_back_as_they_are(string name)
    {
        var tenant = name.Length > TenantId.LengthMax ? "north" : name;
        var append = Make.Append(name, ExpectedVersion.NoStream, [Make.Event(name.Length > 100 ? "happened" : name)], tenant);
        await AppendAsync(append);

        foreach (var read in await ReadEachWayAsync(append))
            (read.StreamId.Value, read.Tenant.Value, read.TypeName).ShouldBe((name, tenant, append.Events[0].TypeName));
        (await Log.FindStreamAsync(tenant, name, Token))!.Stream.Value.ShouldBe(name);
        (await AppendAsync(append with { Events = Make.Events(1), Expected = ExpectedVersion.NoStream })).Status
            .ShouldBe(AppendStatus.Conflict);
    }

    [Fact]
    public async Task Names_that_differ_in_case_or_form_are_different_streams()
    {
        string[] names =
        [
            "order", "Order", "ORDER", "order ", " order", "caf\u00e9", "cafe\u0301", "stra\u00dfe", "strasse",
            "\u0131", "i", "I", "\u0130",
        ];

        foreach (var name in names)
            (await AppendAsync(Make.Append(name, ExpectedVersion.NoStream))).Status.ShouldBe(AppendStatus.Appended, name);

        foreach (var name in names)
            (await ReadStreamAsync(name)).ShouldHaveSingleItem().StreamId.Value.ShouldBe(name);
    }

    [Fact]
    public async Task One_stream_name_in_two_tenants_is_two_streams()
    {
        await AppendAsync("order-1", 2, tenant: "north");
        await AppendAsync("order-1", 3, tenant: "south");
        await AppendAsync("order-1", 1);

        (await ReadStreamAsync("order-1", "north")).Count.ShouldBe(2);
        (await ReadStreamAsync("order-1", "south")).Count.ShouldBe(3);
        (await ReadStreamAsync("order-1")).Count.ShouldBe(1);
        (await ReadStreamAsync("order-1", "east")).ShouldBeEmpty();
        (await Log.FindStreamAsync("south", "order-1", Token)).ShouldBe(new StreamState("south", "order-1", new(3), false));
    }

    /// <summary>The first event of an append, by each port method that reads events.</summary>
    private async Task<IReadOnlyList<RecordedEvent>> ReadEachWayAsync(StreamAppend append)
    {
        var byId = await Log.FindEventAsync(append.Events[0].Id, Token);
        var byStream = await Log.ReadStreamAsync(new(append.Tenant, append.Stream, new(1), new(1), Backwards: false, 10), Token);
        var backwards = await Log.ReadStreamAsync(new(append.Tenant, append.Stream, new(1), new(1), Backwards: true, 10), Token);
        var byLog = await ReadLogAsync(new(Tenants: [append.Tenant]));
        return [byId.ShouldNotBeNull(), byStream.ShouldHaveSingleItem(), backwards.ShouldHaveSingleItem(), byLog[0]];
    }
}
