using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Delivery;

/// <summary>Events that are handed to a consumer, in the order of the log.</summary>
public sealed class DeliveryBatch
{
    internal DeliveryBatch(
        ShardName shard, HandshakeToken offered, HandshakeToken token, ReadOnlyMemory<RecordedEvent> events, int attempt,
        CancellationToken stopping)
    {
        Shard = shard;
        Offered = offered;
        Token = token;
        Events = events;
        Attempt = attempt;
        Stopping = stopping;
    }

    /// <summary>
    /// The shard of the subscription: its name, slots and event database. A consumer that keeps tokens keeps one for each.
    /// </summary>
    public ShardName Shard { get; }

    /// <summary>Where the consumer is believed to stand: the token that it stored last.</summary>
    public HandshakeToken Offered { get; }

    /// <summary>
    /// Where it stands when all of the batch is processed; what a consumer that keeps its own token stores with its effects.
    /// </summary>
    public HandshakeToken Token { get; }

    /// <summary>The events; at least one.</summary>
    public ReadOnlyMemory<RecordedEvent> Events { get; }

    /// <summary>How often the first event is tried with this; from 1. Counted over restarts.</summary>
    public int Attempt { get; }

    /// <summary>
    /// Fires when the shard is to end here: the process stops, or another node takes over. A consumer that handles many events, or slow
    /// ones, answers <see cref="DeliveryOutcome.DoneThrough"/> after the event at hand; the rest is delivered after the move. One that
    /// does not heed this has the drain's time to finish, then its call is cancelled and the batch comes again.
    /// </summary>
    public CancellationToken Stopping { get; }
}
