using System.Diagnostics;
using Tidemark.Client;
using Tidemark.Events;
using Tidemark.Telemetry;
using Tidemark.Testing;

namespace Tidemark.AspNetCore.Tests;

/// <summary>What consumers and traces are told of how far delivery is.</summary>
public sealed class CaughtUpTests
{
    private readonly InMemoryDatabases _databases = new();
    private readonly Received _received = new();

    [Fact]
    public async Task Consumer_is_told_once_when_it_has_everything_and_again_on_its_next_connection()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync(batch: 10);
        await server.AppendAsync(0, 100);
        var told = new List<(int Received, long Mark)>();
        await using (Start(server, "a", told))
        {
            await Eventually.TrueAsync(() => Count(told) == 1, "it is told");
            await server.AppendAsync(100, 3);
            await _received.CountAsync(103);
            await server.AppendAsync(103, 1);
            await _received.CountAsync(104);
        }

        await using var again = Start(server, "b", told);
        await Eventually.TrueAsync(() => Count(told) == 2, "it is told again");
        told.Select(t => t.Received).ShouldBe([100, 104]);
        told[0].Mark.ShouldBeGreaterThanOrEqualTo(100);
        told[1].Mark.ShouldBeGreaterThanOrEqualTo(104);
    }

    [Fact]
    public async Task Delivery_has_a_span_that_links_to_the_append()
    {
        var name = $"notes-{Guid.NewGuid():N}";
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == TidemarkTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                lock (spans)
                    spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync(name: name);
        using var append = new Activity("append").SetIdFormat(ActivityIdFormat.W3C).Start();
        await server.AppendAsync(0, 1);
        append.Stop();
        await using var consumer = TidemarkConsumer.Start(
            Received.OptionsOf(server.Url, "a") with { Subscription = name },
            (delivery, _) =>
            {
                _received.Add("a", delivery.Events);
                return new(ConsumerOutcome.Done);
            });

        await Eventually.TrueAsync(() => Find(spans, name) is not null, "the span has ended");
        var span = Find(spans, name)!;
        span.Kind.ShouldBe(ActivityKind.Consumer);
        span.Status.ShouldBe(ActivityStatusCode.Unset);
        var link = span.Links.ShouldHaveSingleItem().Context;
        (link.TraceId, link.SpanId).ShouldBe((append.TraceId, append.SpanId));
        _received.Numbers.ShouldBe([0]);
    }

    private static Activity? Find(List<Activity> spans, string subscription)
    {
        lock (spans)
        {
            return spans.Find(s =>
                s.OperationName == "tidemark.delivery" && Equals(s.GetTagItem("tidemark.subscription"), subscription));
        }
    }

    private static int Count(List<(int Received, long Mark)> told)
    {
        lock (told)
            return told.Count;
    }

    private TidemarkConsumer Start(DeliveryServer server, string member, List<(int Received, long Mark)> told) => TidemarkConsumer.Start(
        Received.OptionsOf(server.Url, member) with
        {
            CaughtUp = (_, mark) =>
            {
                lock (told)
                    told.Add((_received.All.Count, mark));
            },
        },
        (delivery, _) =>
        {
            _received.Add(member, delivery.Events);
            return new(ConsumerOutcome.Done);
        });
}
