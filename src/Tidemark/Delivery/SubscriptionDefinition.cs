using Tidemark.Events;
using Tidemark.Projections;

namespace Tidemark.Delivery;

/// <summary>What a subscription is: a name, which events, for whom, from where on, and how.</summary>
public sealed record SubscriptionDefinition
{
    /// <summary>The most partitions.</summary>
    internal const int PartitionsMax = 1024;

    /// <summary>Its name: unique among subscriptions and projections; letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Who consumes it.</summary>
    public SubscriptionKind Kind { get; init; }

    /// <summary>The stored names of the event types that are delivered; null for all.</summary>
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary>Only events of streams whose name begins so (a category, like <c>order-</c>); null for all.</summary>
    public string? StreamPrefix { get; init; }

    /// <summary>Only events of this tenant; null for all.</summary>
    public TenantId? Tenant { get; init; }

    /// <summary>Where it begins. The beginning of the log by default. Counts when it is made.</summary>
    public SubscriptionStart Start { get; init; } = SubscriptionStart.Beginning;

    /// <summary>
    /// Into how many shards the streams are divided, each with a token of its own; order is kept inside a stream. 1 by default; at most
    /// 1,024. Counts when it is made; afterwards shards are split and merged.
    /// </summary>
    public int Partitions { get; init; } = 1;

    /// <summary>
    /// Whether its consumer keeps the token itself, and so is asked for it. False by default: the store keeps it. Counts when it is made.
    /// </summary>
    public bool KeepsOwnToken { get; init; }

    /// <summary>How events are handed over.</summary>
    public DeliveryPolicy Policy { get; init; } = new();

    /// <summary>Where events are posted to; for <see cref="SubscriptionKind.Webhook"/> only.</summary>
    public WebhookTarget? Webhook { get; init; }

    /// <summary>Whether an event is delivered, as far as its type, stream and tenant decide.</summary>
    internal bool Concerns(RecordedEvent e) =>
        (Types is null || IsOneOf(Types, e.TypeName))
        && (StreamPrefix is null || e.StreamId.Value.StartsWith(StreamPrefix, StringComparison.Ordinal))
        && (Tenant is null || e.Tenant == Tenant);

    /// <exception cref="ArgumentException">A part is missing or out of its range; the message names each.</exception>
    internal void Check()
    {
        SubscriptionName.Check(Name);
        string[] problems = [.. Problems()];
        if (problems.Length > 0)
            throw new ArgumentException($"Subscription '{Name}': {string.Join(" ", problems)}");
    }

    private static bool IsOneOf(IReadOnlyList<string> types, string type)
    {
        for (var i = 0; i < types.Count; i++)
        {
            if (string.Equals(types[i], type, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    private IEnumerable<string> Problems()
    {
        if (!Enum.IsDefined(Kind))
            yield return $"Kind is {Kind}; it must be InProcess, Remote or Webhook.";
        if (Types is { Count: 0 })
            yield return "Types is empty, so nothing would be delivered; name some, or leave it null for all.";
        if (StreamPrefix is { Length: 0 })
            yield return "StreamPrefix is empty; leave it null for all streams.";
        if (Partitions is < 1 or > PartitionsMax)
            yield return $"Partitions is {Partitions}; it must be 1 to {PartitionsMax}.";
        if (Kind == SubscriptionKind.Webhook && Webhook is null)
            yield return "Webhook is missing; say where to post to.";
        if (Kind != SubscriptionKind.Webhook && Webhook is not null)
            yield return "Webhook is only for subscriptions of kind Webhook.";
        if (KeepsOwnToken && Kind == SubscriptionKind.Webhook)
            yield return "A webhook cannot keep its token itself.";
        foreach (var problem in Policy.Validate().Concat(Webhook?.Validate() ?? []))
            yield return problem;
    }
}
