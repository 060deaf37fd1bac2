using System.Text;
using System.Text.Json;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;
using Tidemark.Events;
using Tidemark.Storage;

namespace Tidemark.Webhooks.Tests;

/// <summary>Events as CloudEvents 1.0 in JSON.</summary>
public sealed class CloudEventWriterTests
{
    private const string Append = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private readonly CloudEventWriter _writer = new("https://shop.example/orders", StorageContext.MainDatabase);

    [Fact]
    public void Event_has_the_attributes_of_the_specification_and_what_the_log_knows()
    {
        var e = Recorded.Event(
            position: 5_000_000_000, tenant: "acme",
            metadata: $$"""{"correlation":"c-1","causation":"c-2","traceParent":"{{Append}}"}""");

        var (body, type) = _writer.WriteOne(e);

        type.ShouldBe("application/cloudevents+json; charset=utf-8");
        var written = JsonDocument.Parse(body).RootElement;
        CloudEventRules.Check(written);
        written.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.ToString()).OrderBy(p => p.Key, StringComparer.Ordinal).ShouldBe(
            new Dictionary<string, string>
            {
                ["causationid"] = "c-2",
                ["correlationid"] = "c-1",
                ["data"] = """{"number":7}""",
                ["datacontenttype"] = "application/json",
                ["id"] = e.Id.ToString(),
                ["position"] = "5000000000",
                ["sequence"] = "0000000005000000000",
                ["source"] = "https://shop.example/orders",
                ["specversion"] = "1.0",
                ["streamversion"] = "3",
                ["subject"] = "note-1",
                ["tenant"] = "acme",
                ["time"] = "2026-03-01T10:30:15.250Z",
                ["traceparent"] = Append,
                ["type"] = "noted",
            });
    }

    [Fact]
    public void What_is_not_known_is_left_out()
    {
        var written = JsonDocument.Parse(_writer.WriteOne(Recorded.Event()).Body).RootElement;

        CloudEventRules.Check(written);
        foreach (var name in (string[])["tenant", "traceparent", "correlationid", "causationid"])
            written.TryGetProperty(name, out _).ShouldBeFalse(name);
    }

    [Theory]
    [InlineData("""{"a":1.0e5,"b":"\u00e9\/é<&'","c":[ 1 , 2 ],"a":2}""")]
    [InlineData("null")]
    [InlineData("12345678901234567890.123456789")]
    [InlineData("\"text\"")]
    public void Data_is_the_stored_text_character_by_character(string json)
    {
        Encoding.UTF8.GetString(_writer.WriteOne(Recorded.Event(json: json)).Body.Span).ShouldContain("\"data\":" + json + "}");
        Encoding.UTF8.GetString(_writer.WriteBatch(new[] { Recorded.Event(json: json) }).Body.Span)
            .ShouldEndWith("\"data\":" + json + "}]");
    }

    [Fact]
    public void Text_that_CloudEvents_do_not_allow_is_replaced()
    {
        var written = JsonDocument.Parse(_writer.WriteOne(Recorded.Event(
            stream: "note-\uFDD0-\U0001FFFE-\U0001F600", type: "noted\uFFFF",
            metadata: """{"correlation":"one\ntwo\u0000\u0085","causation":"three"}""")).Body).RootElement;

        CloudEventRules.Check(written);
        written.GetProperty("subject").GetString().ShouldBe("note-\uFFFD-\uFFFD\uFFFD-\U0001F600");
        written.GetProperty("type").GetString().ShouldBe("noted\uFFFD");
        written.GetProperty("correlationid").GetString().ShouldBe("one\uFFFDtwo\uFFFD\uFFFD");
    }

    [Fact]
    public void Library_reads_what_is_written()
    {
        RecordedEvent[] events = [Recorded.Event(1), Recorded.Event(2, tenant: "acme"), Recorded.Event(3)];
        var (body, type) = _writer.WriteBatch(events);
        type.ShouldBe("application/cloudevents-batch+json; charset=utf-8");

        var read = new JsonEventFormatter().DecodeBatchModeMessage(body, new System.Net.Mime.ContentType(type), null);

        read.Select(e => e.Id).ShouldBe(events.Select(e => e.Id.ToString()));
        read.ShouldAllBe(e => e.IsValid && e.Subject == "note-1" && e.Time == Recorded.At);
        read.Select(e => e["sequence"]).ShouldBe(["0000000000000000001", "0000000000000000002", "0000000000000000003"]);
    }

    [Fact]
    public void Source_of_a_tenant_database_names_it()
    {
        var written = JsonDocument.Parse(new CloudEventWriter("/shop/", "tenant_1").WriteOne(Recorded.Event()).Body).RootElement;

        CloudEventRules.Check(written);
        written.GetProperty("source").GetString().ShouldBe("/shop/tenant_1");
    }

    [Theory]
    [InlineData("{\"broken", null)]
    [InlineData("", null)]
    [InlineData("{} {}", null)]
    [InlineData("{}", "{\"broken")]
    public void What_is_no_JSON_is_not_written(string json, string? metadata)
    {
        Should.Throw<WebhookRefusedException>(() => _writer.WriteOne(Recorded.Event(json: json, metadata: metadata)));
        Should.Throw<WebhookRefusedException>(() => _writer.WriteBatch(new[] { Recorded.Event(json: json, metadata: metadata) }));
    }
}
