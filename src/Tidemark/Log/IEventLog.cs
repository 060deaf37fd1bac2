using System.Data.Common;
using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>
/// Port: the log of one event database. Implementations are safe for concurrent use, and keep invariants I1 to I4: atomic appends,
/// contiguous
/// versions, position order = version order per stream, and no event at or below a high-water mark that a reader has passed.
/// </summary>
public interface IEventLog
{
    /// <summary>
    /// Appends to several streams in one commit; each append succeeds or fails by itself. At most one append per stream.
    /// Returns only after the commit is durable. When this throws, the outcome is unknown: repeat with the same event ids.
    /// </summary>
    /// <returns>The outcomes, in the order given.</returns>
    ValueTask<AppendOutcome[]> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken);

    /// <summary>Appends to several streams in one commit: all or none. When an outcome is not "stored", nothing is.</summary>
    /// <returns>
    /// The outcomes, in the order given; those after the first failure may be missing a cause of their own and repeat "conflict".
    /// </returns>
    ValueTask<AppendOutcome[]> AppendAtomicallyAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken);

    /// <summary>Appends inside a transaction: all or none of this call, visible when the transaction commits.</summary>
    ValueTask<AppendOutcome[]> AppendAsync(
        IStoreTransaction transaction, IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken);

    /// <summary>Begins a transaction of the store's own.</summary>
    ValueTask<IStoreTransaction> BeginAsync(CancellationToken cancellationToken);

    /// <summary>Takes a transaction that the application began on this database.</summary>
    /// <exception cref="ArgumentException">The transaction is not one of this store's kind.</exception>
    IStoreTransaction Lend(DbTransaction transaction);

    /// <summary>Reads a page of the log. The snapshot is taken by this call, so a bound learnt before it is safe.</summary>
    ValueTask<LogPage> ReadAsync(LogRead read, CancellationToken cancellationToken);

    /// <summary>Reads a page of a stream, archived or not. Empty when there is no such stream.</summary>
    ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamRead read, CancellationToken cancellationToken);

    /// <summary>The same inside a transaction, whose own appends it sees.</summary>
    ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(
        IStoreTransaction transaction, StreamRead read, CancellationToken cancellationToken);

    /// <summary>What the store knows of a stream; null when it has no events.</summary>
    ValueTask<StreamState?> FindStreamAsync(TenantId tenant, StreamId stream, CancellationToken cancellationToken);

    /// <summary>Reads one event by id; null when there is none.</summary>
    ValueTask<RecordedEvent?> FindEventAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The id of the event at exactly this position; null when there is none. Guards checkpoints against a rewound log.</summary>
    ValueTask<Guid?> FindEventIdAsync(Position position, CancellationToken cancellationToken);

    /// <summary>The position before the first event recorded at or after a moment; the given bound when there is none yet.</summary>
    ValueTask<Position> FindPositionBeforeAsync(DateTimeOffset moment, Position through, CancellationToken cancellationToken);

    /// <summary>Whether streams of more than one tenant are stored; cheap, whatever their number.</summary>
    ValueTask<bool> HasSeveralTenantsAsync(CancellationToken cancellationToken);

    /// <summary>Archives a stream, or takes it back.</summary>
    /// <returns>Whether there is such a stream.</returns>
    ValueTask<bool> SetArchivedAsync(TenantId tenant, StreamId stream, bool archived, CancellationToken cancellationToken);
}
