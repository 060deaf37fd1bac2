namespace Tidemark.Client;

/// <summary>What one token is about.</summary>
/// <param name="Subscription">The subscription.</param>
/// <param name="Incarnation">Grows when the subscription is made anew: tokens of another incarnation mean nothing.</param>
/// <param name="Partition">The partition; a name whose parts mean nothing.</param>
public sealed record ConsumerPartition(string Subscription, int Incarnation, string Partition);
