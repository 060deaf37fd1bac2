namespace Tidemark.Delivery;

/// <summary>Every subscription, as of a change.</summary>
/// <param name="Change">The number of the newest change.</param>
/// <param name="Subscriptions">The subscriptions by name.</param>
public sealed record SubscriptionRoll(long Change, IReadOnlyList<Subscription> Subscriptions);
