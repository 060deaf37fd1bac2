namespace Tidemark.Delivery;

/// <summary>Every key, as of a change.</summary>
/// <param name="Change">The number of the newest change.</param>
/// <param name="Keys">The keys by id, revoked ones included.</param>
public sealed record DeliveryKeyRoll(long Change, IReadOnlyList<StoredDeliveryKey> Keys);
