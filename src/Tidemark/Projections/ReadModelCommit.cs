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
    /// Events that the shard's policy took out of the way. The database's clock gives <see cref="DeadLetter.RecordedAt"/>.
    /// </summary>
    public IReadOnlyList<DeadLetter> DeadLetters { get; init; } = [];

    /// <summary>Messages for the outbox. One whose id is there already is passed over.</summary>
    public IReadOnlyList<OutboxMessage> Messages { get; init; } = [];
}
