namespace Tidemark.Delivery;

/// <summary>
/// The shard's consumer has changed while it was asked or handed something: what is in flight is void, and the one that is there now is
/// asked where it stands. Never leaves the subscription.
/// </summary>
internal sealed class ConsumerMovedException() : Exception("Another consumer of the shard is asked next.");
