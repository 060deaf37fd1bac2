namespace Tidemark.Webhooks.Tests;

/// <summary>The names of calls: equal for the same events of the same subscription, and for nothing else.</summary>
public sealed class WebhookIdTests
{
    private static readonly Uri Url = new("https://example.org/hook");

    [Fact]
    public void Same_events_have_the_same_name()
    {
        var one = WebhookId.Of(Recorded.Subscription(Url), [Recorded.Event(1), Recorded.Event(2)]);

        one.ShouldBe(WebhookId.Of(Recorded.Subscription(Url), [Recorded.Event(1), Recorded.Event(2)]));
        one.ShouldStartWith("batch-1-1-2-");
        one.ShouldMatch("^[A-Za-z0-9_-]{1,80}$");
    }

    [Fact]
    public void Other_events_other_ends_and_other_incarnations_have_other_names()
    {
        var subscription = Recorded.Subscription(Url);
        string[] names =
        [
            WebhookId.Of(subscription, [Recorded.Event(1)]),
            WebhookId.Of(subscription, [Recorded.Event(1), Recorded.Event(3)]),
            WebhookId.Of(subscription, [Recorded.Event(1), Recorded.Event(2), Recorded.Event(3)]),
            WebhookId.Of(subscription, [Recorded.Event(1), Recorded.Event(4)]),
            WebhookId.Of(subscription, [Recorded.Event(1, id: Guid.Empty), Recorded.Event(4)]),
            WebhookId.Of(Recorded.Subscription(Url, incarnation: 2), [Recorded.Event(1)]),
            WebhookId.Of(
                subscription with { Definition = subscription.Definition with { Name = "others" } }, [Recorded.Event(1)]),
        ];

        names.ShouldBeUnique();
    }
}
