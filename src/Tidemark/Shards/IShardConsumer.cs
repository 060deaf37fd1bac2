using Tidemark.Checkpoints;
using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>
/// What a shard agent delivers to. A projection is one, whose token is the checkpoint in its read model's commit. Calls come one at a time.
/// </summary>
internal interface IShardConsumer
{
    /// <summary>The stored type names it needs; null for all.</summary>
    IReadOnlyCollection<string>? Types { get; }

    /// <summary>Whether it needs the stored JSON of events.</summary>
    bool NeedsJson { get; }

    /// <summary>Whether it needs the decoded objects of events.</summary>
    bool NeedsData { get; }

    /// <summary>
    /// Whether others of the node wait for it, for a bounded time, before they make pages go that it is about to take. Not for consumers
    /// whose pace is not the store's own (I13).
    /// </summary>
    bool KeepsStep { get; }

    /// <summary>How long a live shard waits for more events once there is one.</summary>
    TimeSpan Linger { get; }

    /// <summary>The handshake: makes this agent the one whose writes count, and answers with the last durable token.</summary>
    ValueTask<HandshakeToken> HandshakeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Asks again for the last durable token, without taking the shard over anew: after a commit that failed without an answer, which may
    /// have taken effect.
    /// </summary>
    /// <exception cref="FencedException">Another agent has taken the shard over.</exception>
    ValueTask<HandshakeToken> ReconfirmAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Processes a delivery, not yet durably. Null when done. When the offered token is not the one it expects, it processes nothing and
    /// answers with its own: the agent
    /// repositions.
    /// </summary>
    ValueTask<HandshakeToken?> DeliverAsync(ShardDelivery delivery, CancellationToken cancellationToken);

    /// <summary>Whether what is gathered should be committed before more is delivered.</summary>
    bool WantsCommit { get; }

    /// <summary>Whether something is gathered that has effects; if not, only progress would be written.</summary>
    bool HasEffects { get; }

    /// <summary>
    /// Whether a transaction, and with it locks, may be open between a delivery and its commit. Then nothing may be waited for there that
    /// others hold: they may be waiting for the locks.
    /// </summary>
    bool HoldsLocks { get; }

    /// <summary>The longest time to gather for one commit.</summary>
    TimeSpan GatherMax { get; }

    /// <summary>Makes everything delivered durable, effects and token in one transaction. Returns how many events had effects.</summary>
    /// <exception cref="FencedException">Another agent's writes count now; nothing was written.</exception>
    ValueTask<CommitCount> CommitAsync(CancellationToken cancellationToken);

    /// <summary>Streams that wait behind a dead letter, as far as it is known.</summary>
    int ParkedStreams { get; }

    /// <summary>
    /// Retries or discards a dead letter, with the queue behind it, in commits of its own that leave the token where it is. Only when
    /// nothing is delivered and not durable.
    /// </summary>
    /// <exception cref="DeadLetterException">The command makes no sense; nothing was changed.</exception>
    ValueTask<DeadLetterOutcome> SettleAsync(DeadLetterCommand command, ErrorClassifier errors, CancellationToken cancellationToken);

    /// <summary>
    /// How often an idle shard compares tokens with its consumer, as nothing else would show a difference; null for never.
    /// </summary>
    TimeSpan? SyncInterval { get; }

    /// <summary>
    /// Completes when another consumer may have taken the place of the one asked last; an idle shard syncs at once then. Null when that
    /// cannot happen.
    /// </summary>
    Task? Moved { get; }

    /// <summary>
    /// The agent enters <see cref="ShardState.Live"/> or stays in it, or it falls behind. Called often, so it returns at once.
    /// </summary>
    /// <param name="isLive">Whether everything up to a position was delivered and is durable.</param>
    /// <param name="position">That position.</param>
    void Show(bool isLive, Position position);

    /// <summary>
    /// The state sync: asks the consumer where it stands. Null when that is where the agent believes it to be; else its token, and the
    /// agent repositions.
    /// </summary>
    ValueTask<HandshakeToken?> SyncAsync(CancellationToken cancellationToken);

    /// <summary>Forgets what is delivered and not durable, and whatever memory might be wrong after a failure.</summary>
    ValueTask AbandonAsync();
}

/// <summary>What a commit held.</summary>
/// <param name="Events">Events that took effect.</param>
/// <param name="DeadLetters">Events that were recorded instead.</param>
internal readonly record struct CommitCount(long Events, long DeadLetters);
