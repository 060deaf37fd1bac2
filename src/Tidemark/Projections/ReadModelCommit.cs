using Tidemark.Checkpoints;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>Everything that one commit of a shard writes; all of it takes effect, or nothing.</summary>
public sealed record ReadModelCommit
{
    /// <summary>The step of the checkpoint; null only for inline projections, which have none.</summary>
    public CheckpointMove? Move { get; init; }

    /// <summary>Changes of document tables.</summary>
    public IReadOnlyList<DocumentChanges> Documents { get; init; } = [];

    /// <summary>Changes of flat tables.</summary>
    public IReadOnlyList<RowChanges> Rows { get; init; } = [];

    /// <summary>
    /// Events that the shard's policy took out of the way; one of them in state <see cref="DeadLetterState.Parked"/> parks its stream
    /// behind it. A record of the same event is replaced, all but <see cref="DeadLetter.FirstFailedAt"/>. The database's clock gives the
    /// times.
    /// </summary>
    public IReadOnlyList<DeadLetter> DeadLetters { get; init; } = [];

    /// <summary>Events of parked streams, which wait from now on; the shard's name says of which projection and generation.</summary>
    public IReadOnlyList<ParkedEvent> ParkedEvents { get; init; } = [];

    /// <summary>What a retry or a discard takes away, before <see cref="DeadLetters"/> are written; null for nothing.</summary>
    public ParkedStreamStep? ParkedStep { get; init; }

    /// <summary>Messages for the outbox. One whose id is there already is passed over.</summary>
    public IReadOnlyList<OutboxMessage> Messages { get; init; } = [];
}
