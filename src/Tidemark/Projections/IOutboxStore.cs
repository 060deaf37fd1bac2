using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>Port: messages that were committed and are not published yet. <see cref="ReadModelCommit.Messages"/> writes them.</summary>
public interface IOutboxStore
{
    /// <summary>Reads a projection's messages whose causing events are in a slot range, in order of position, ordinal and id.</summary>
    ValueTask<IReadOnlyList<OutboxMessage>> ReadAsync(
        string projection, SlotRange slots, int countMax, CancellationToken cancellationToken);

    /// <summary>Removes messages; ids that are not there are passed over.</summary>
    ValueTask DeleteAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken);
}
