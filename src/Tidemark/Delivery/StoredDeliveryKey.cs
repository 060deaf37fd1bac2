namespace Tidemark.Delivery;

/// <summary>A key as a store keeps it.</summary>
/// <param name="Key">The key.</param>
/// <param name="Hash">The SHA-256 of its secret, in lower-case hexadecimal digits.</param>
public sealed record StoredDeliveryKey(DeliveryKey Key, string Hash);
