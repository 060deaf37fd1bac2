using Tidemark.Events;

namespace Tidemark.Delivery;

/// <summary>Says what a subscription of the application takes, and how.</summary>
public sealed class SubscriptionBuilder
{
    private List<Type>? _types;

    internal SubscriptionBuilder(string name) => Definition = new SubscriptionDefinition { Name = name };

    internal SubscriptionDefinition Definition { get; private set; }

    internal IReadOnlyList<Type>? EventTypes => _types;

    /// <summary>Only events of this type, and of others named so.</summary>
    public SubscriptionBuilder Only<TEvent>()
        where TEvent : notnull
    {
        (_types ??= []).Add(typeof(TEvent));
        return this;
    }

    /// <summary>Only events of streams whose name begins so.</summary>
    public SubscriptionBuilder Streams(string prefix) => Set(Definition with { StreamPrefix = prefix });

    /// <summary>Only events of this tenant.</summary>
    public SubscriptionBuilder Tenant(TenantId tenant) => Set(Definition with { Tenant = tenant });

    /// <summary>Where it begins when it is new.</summary>
    public SubscriptionBuilder From(SubscriptionStart start) => Set(Definition with { Start = start });

    /// <summary>Into how many shards its streams are divided when it is new; they run on different nodes.</summary>
    public SubscriptionBuilder Partitions(int count) => Set(Definition with { Partitions = count });

    /// <summary>How events are handed over, and what happens when that fails.</summary>
    public SubscriptionBuilder Policy(DeliveryPolicy policy) => Set(Definition with { Policy = policy });

    private SubscriptionBuilder Set(SubscriptionDefinition definition)
    {
        Definition = definition;
        return this;
    }
}
