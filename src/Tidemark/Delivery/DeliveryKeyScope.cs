using Tidemark.Events;

namespace Tidemark.Delivery;

/// <summary>What a key opens.</summary>
public sealed record DeliveryKeyScope
{
    private const int EntriesMax = 1000;

    /// <summary>Every subscription.</summary>
    public static readonly DeliveryKeyScope Everything = new();

    /// <summary>The names of the subscriptions; null for all. At most 1,000.</summary>
    public IReadOnlyList<string>? Subscriptions { get; init; }

    /// <summary>
    /// The tenants; null for all. With tenants, the key opens only subscriptions that are restricted to one of them
    /// (<see cref="SubscriptionDefinition.Tenant"/>). At most 1,000.
    /// </summary>
    public IReadOnlyList<TenantId>? Tenants { get; init; }

    /// <summary>Whether it opens a subscription.</summary>
    public bool Opens(SubscriptionDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return (Subscriptions is null || Subscriptions.Contains(definition.Name, StringComparer.Ordinal))
            && (Tenants is null || (definition.Tenant is { } tenant && Tenants.Contains(tenant)));
    }

    /// <exception cref="ArgumentException">A list is empty or too long, or a name is none.</exception>
    internal void Check()
    {
        if (Subscriptions is { Count: 0 or > EntriesMax })
            throw new ArgumentException($"Subscriptions has {Subscriptions.Count} names; it must have 1 to 1,000, or be null for all.");
        if (Tenants is { Count: 0 or > EntriesMax })
            throw new ArgumentException($"Tenants has {Tenants.Count} names; it must have 1 to 1,000, or be null for all.");
        foreach (var name in Subscriptions ?? [])
            SubscriptionName.Check(name);
    }
}
