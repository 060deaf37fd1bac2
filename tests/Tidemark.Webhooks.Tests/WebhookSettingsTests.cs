using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tidemark.Delivery;

namespace Tidemark.Webhooks.Tests;

/// <summary>What is set wrong is refused, with what to do.</summary>
public sealed class WebhookSettingsTests
{
    [Theory]
    [InlineData("Source", "")]
    [InlineData("Source", "not a uri")]
    [InlineData("CallTimeout", "00:00:00")]
    [InlineData("CallTimeout", "2.00:00:00")]
    [InlineData("RetryAfterMax", "-00:00:01")]
    [InlineData("RetryAfterMax", "2.00:00:00")]
    public void Option_out_of_its_range_is_refused(string key, string value)
    {
        var services = new ServiceCollection().AddTidemarkWebhooks(o =>
        {
            if (key == "Source")
                o.Source = value;
            else if (key == "CallTimeout")
                o.CallTimeout = TimeSpan.Parse(value);
            else
                o.RetryAfterMax = TimeSpan.Parse(value);
        });
        using var provider = services.BuildServiceProvider();

        Should.Throw<OptionsValidationException>(() => provider.GetRequiredService<IOptions<WebhookOptions>>().Value)
            .Message.ShouldContain($"{key} is '{value}'".Replace("'", key == "Source" ? "'" : "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ftp://example.org/x")]
    [InlineData("http://example.org/x")]
    [InlineData("https://user:password@example.org/x")]
    [InlineData("/relative/path")]
    public void Address_that_is_none_for_webhooks_is_refused_without_showing_its_path(string url)
    {
        var problem = new WebhookTarget(new Uri(url, UriKind.RelativeOrAbsolute)).Validate().ShouldHaveSingleItem();

        problem.ShouldStartWith("Webhook:Url ");
        problem.ShouldNotContain("password");
        problem.ShouldNotContain("/x");
    }

    [Fact]
    public void Text_of_a_subscription_shows_neither_secret_nor_path()
    {
        var text = Recorded.Subscription(new Uri("https://example.org:8443/hook/path-token?key=query-token")).ToString();

        text.ShouldContain("WebhookTarget { Url = https://example.org:8443, Secret = set }");
        text.ShouldNotContain("whsec_");
        text.ShouldNotContain("path-token");
        text.ShouldNotContain("query-token");
    }

    [Fact]
    public void Adding_it_twice_adds_it_once()
    {
        var services = new ServiceCollection()
            .AddTidemarkWebhooks(o => o.Source = "/a").AddTidemarkWebhooks(o => o.AllowPrivateNetworks = true);

        services.Count(s => s.ServiceType == typeof(IDeliveryTargetSource)).ShouldBe(1);
        using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptions<WebhookOptions>>().Value;
        (options.Source, options.AllowPrivateNetworks).ShouldBe(("/a", true));
    }
}
