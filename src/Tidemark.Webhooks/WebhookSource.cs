using Microsoft.Extensions.Options;
using Tidemark.Delivery;
using Tidemark.Leases;

namespace Tidemark.Webhooks;

/// <summary>Makes the way to the receivers of webhooks.</summary>
internal sealed class WebhookSource(IHttpClientFactory clients, IOptions<WebhookOptions> options, TimeProvider time) : IDeliveryTargetSource
{
    public SubscriptionKind Kind => SubscriptionKind.Webhook;

    public IDeliveryTarget Make(ShardName shard, Subscription subscription) => new WebhookCaller(
        shard, subscription, options.Value, () => clients.CreateClient(TidemarkWebhooksExtensions.HttpClientName), time, new Random());
}
