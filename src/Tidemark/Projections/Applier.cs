using System.Text.Json;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Projections;

/// <summary>
/// Applies events to one generation of a read model: gathers changes in memory, to be written in one commit. Not safe for concurrent use.
/// </summary>
internal abstract class Applier
{
    /// <summary>Bytes of changes gathered, by estimate.</summary>
    public virtual long PendingBytes => 0;

    /// <summary>The open transaction that handlers have written to; null when there is none.</summary>
    public virtual IStoreTransaction? Transaction => null;

    /// <summary>Whether it needs the decoded objects of events; one that cannot be decoded then fails.</summary>
    public virtual bool NeedsData => true;

    /// <summary>Whether it needs the stored JSON of events.</summary>
    public virtual bool NeedsJson => false;

    /// <summary>
    /// Whether events are applied behind later ones that have taken effect already: those of other streams, or after a skip.
    /// </summary>
    public bool AppliesLate { get; set; }

    /// <summary>The shard begins: whether the read model is known to be empty.</summary>
    public virtual void Begin(bool isEmpty)
    {
    }

    /// <summary>Applies events in order.</summary>
    public abstract ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellationToken);

    /// <summary>Adds what is gathered to a commit.</summary>
    public abstract ReadModelCommit AddTo(ReadModelCommit commit);

    /// <summary>What was gathered is durable.</summary>
    public abstract ValueTask CommittedAsync();

    /// <summary>Forgets what is gathered and everything that may be wrong after a failure.</summary>
    public abstract ValueTask AbandonAsync();
}

/// <summary>What an applier works with.</summary>
/// <param name="Types">The event types.</param>
/// <param name="Json">How documents are written and read.</param>
/// <param name="ReadModels">The read model store.</param>
/// <param name="Log">Where transactions begin.</param>
/// <param name="Generation">The generation to write to.</param>
/// <param name="Lent">The transaction of an inline append; null for a shard.</param>
/// <param name="StateBytesMax">This applier's share of the state kept in memory, in bytes.</param>
internal sealed record ApplierContext(
    EventTypeRegistry Types,
    JsonSerializerOptions Json,
    IReadModelStore ReadModels,
    IEventLog Log,
    int Generation,
    IStoreTransaction? Lent,
    long StateBytesMax)
{
    /// <summary>The slots to work on. Of a projection that is split by keys, those of its keys.</summary>
    public SlotScope Slots { get; init; } = SlotScope.All;

    /// <summary>The document projections of earlier stages.</summary>
    public IReadOnlyList<IDocumentSource> Earlier { get; init; } = [];

    /// <summary>Where side effects go; null when they are never raised, as inline.</summary>
    public SideEffectSink? Effects { get; init; }

    /// <summary>The transaction that the event projections of a composite share; null when there is no composite.</summary>
    public ProjectionTransaction? Shared { get; init; }
}
