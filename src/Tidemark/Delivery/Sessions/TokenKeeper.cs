namespace Tidemark.Delivery.Sessions;

/// <summary>Who keeps the durable token of a subscription's partition.</summary>
internal enum TokenKeeper
{
    /// <summary>The checkpoint of the shard. What the consumer believes counts for nothing.</summary>
    Store = 0,

    /// <summary>The consumer, in its own store and best in the transaction of its effects. Its token is the truth.</summary>
    Consumer = 1,
}
