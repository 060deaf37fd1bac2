using Tidemark.Checkpoints;
using Tidemark.Log;

namespace Tidemark.Projections;

/// <summary>
/// Port: read models and what their shards commit. Identifiers in schemas have been validated; stores quote them, and pass values as
/// parameters.
/// </summary>
public interface IReadModelStore
{
    /// <summary>Whether projections can be handed an ADO.NET transaction and SQL (false for a store in memory).</summary>
    bool SupportsSql { get; }

    /// <summary>
    /// Makes a generation's tables when absent, and its row in the list of generations: live, with the view, when the projection has no
    /// live generation yet; else building. Idempotent; safe when several processes do it at once.
    /// </summary>
    ValueTask<ReadModelGeneration> PrepareAsync(
        string projection, int version, ReadModelSchema schema, int generation, CancellationToken cancellationToken);

    /// <summary>
    /// Points the views at a generation and makes it the live one, in one transaction; the former live one becomes retired.
    /// </summary>
    ValueTask PublishAsync(string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken);

    /// <summary>Drops a retired or building generation's tables and marks it retired. The live one is refused.</summary>
    /// <exception cref="InvalidOperationException">The generation is live.</exception>
    ValueTask DropAsync(string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken);

    /// <summary>Every generation this database knows.</summary>
    ValueTask<IReadOnlyList<ReadModelGeneration>> ReadGenerationsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Loads documents of a generation, all keys in one round trip. Absent keys are absent from the result; the order is not defined.
    /// </summary>
    /// <param name="name">The read model's stable name.</param>
    /// <param name="generation">The generation.</param>
    /// <param name="keys">Distinct keys.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<IReadOnlyList<StoredDocument>> LoadAsync(
        string name, int generation, IReadOnlyList<DocumentKey> keys, CancellationToken cancellationToken);

    /// <summary>
    /// Loads documents inside a transaction, holding each key (present or not) against other transactions that do the same until it ends;
    /// for inline projections.
    /// </summary>
    ValueTask<IReadOnlyList<StoredDocument>> LoadAsync(
        IStoreTransaction transaction, string name, int generation, IReadOnlyList<DocumentKey> keys, CancellationToken cancellationToken);

    /// <summary>Writes a commit in a transaction of its own, in as few round trips as the store can; durable when this returns.</summary>
    /// <exception cref="FencedException">The checkpoint's fence refused; nothing was written.</exception>
    ValueTask CommitAsync(ReadModelCommit commit, CancellationToken cancellationToken);

    /// <summary>Writes a commit's changes into an open transaction, the fence first; the caller commits it.</summary>
    /// <exception cref="FencedException">The checkpoint's fence refused; roll the transaction back.</exception>
    ValueTask WriteAsync(IStoreTransaction transaction, ReadModelCommit commit, CancellationToken cancellationToken);

    /// <summary>
    /// Bounds how long a transaction that the store began may be idle between two statements: after that the database ends it, with its
    /// locks, so that a process that is frozen inside does not keep the shard's next owner waiting. A store that cannot do this, or is told
    /// to set no bound, does nothing.
    /// </summary>
    ValueTask BoundIdleAsync(IStoreTransaction transaction, CancellationToken cancellationToken);

    /// <summary>Reads documents of the live generation in key order, within one tenant.</summary>
    /// <param name="name">The read model's stable name.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="afterKey">Only keys after this one, ordinally; null from the first.</param>
    /// <param name="countMax">How many at most.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<IReadOnlyList<StoredDocument>> ReadLiveAsync(
        string name, Tidemark.Events.TenantId tenant, string? afterKey, int countMax, CancellationToken cancellationToken);

    /// <summary>Reads one document of the live generation; null when absent.</summary>
    ValueTask<StoredDocument?> FindLiveAsync(string name, DocumentKey key, CancellationToken cancellationToken);

    /// <summary>The qualified, quoted name of a generation's table, for SQL.</summary>
    string TableName(string name, int generation);

    /// <summary>The qualified, quoted name of the stable view, for SQL.</summary>
    string ViewName(string name);
}
