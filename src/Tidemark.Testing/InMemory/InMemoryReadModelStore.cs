using System.Collections.Immutable;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;

namespace Tidemark.Testing.InMemory;

/// <summary>Read models in memory: documents and flat tables. Projections that write SQL are refused.</summary>
internal sealed class InMemoryReadModelStore(MemoryDatabase database, TimeProvider time) : IReadModelStore
{
    public bool SupportsSql => false;

    public ValueTask<ReadModelGeneration> PrepareAsync(
        string projection, int version, ReadModelSchema schema, int generation, CancellationToken cancellationToken) =>
        database.ChangeAsync(state => MemoryGenerations.Prepare(state, projection, version, schema, generation), cancellationToken);

    public ValueTask PublishAsync(string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken) =>
        database.ChangeAsync(state => MemoryGenerations.Publish(state, projection, schema, generation), cancellationToken);

    public ValueTask DropAsync(string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken) =>
        database.ChangeAsync(state => MemoryGenerations.Drop(state, projection, schema, generation), cancellationToken);

    public ValueTask<IReadOnlyList<ReadModelGeneration>> ReadGenerationsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<ReadModelGeneration>>(
            [.. database.Committed.Generations.Values.OrderBy(g => g.Projection, StringComparer.Ordinal).ThenBy(g => g.Generation)]);
    }

    public ValueTask<IReadOnlyList<StoredDocument>> LoadAsync(
        string name, int generation, IReadOnlyList<DocumentKey> keys, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<StoredDocument>>(Load(database.Committed, name, generation, keys));
    }

    public ValueTask<IReadOnlyList<StoredDocument>> LoadAsync(
        IStoreTransaction transaction, string name, int generation, IReadOnlyList<DocumentKey> keys, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // The transaction holds the writer gate, and with it every key.
        var own = MemoryTransaction.Of(database, transaction);
        return ValueTask.FromResult<IReadOnlyList<StoredDocument>>(own.Change(state => (state, Load(state, name, generation, keys))));
    }

    public ValueTask CommitAsync(ReadModelCommit commit, CancellationToken cancellationToken) =>
        database.ChangeAsync(state => Write(state, commit), cancellationToken);

    public ValueTask WriteAsync(IStoreTransaction transaction, ReadModelCommit commit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        MemoryTransaction.Of(database, transaction).Change(state => (Write(state, commit), true));
        return ValueTask.CompletedTask;
    }

    public ValueTask BoundIdleAsync(IStoreTransaction transaction, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<IReadOnlyList<StoredDocument>> ReadLiveAsync(
        string name, TenantId tenant, string? afterKey, int countMax, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var state = database.Committed;
        return ValueTask.FromResult<IReadOnlyList<StoredDocument>>(
            [.. Documents(state, name, LiveOf(state, name)).After(tenant, afterKey).Take(countMax)]);
    }

    public ValueTask<StoredDocument?> FindLiveAsync(string name, DocumentKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var state = database.Committed;
        var found = Documents(state, name, LiveOf(state, name)).Rows.TryGetValue(key, out var document);
        return ValueTask.FromResult(found ? document : (StoredDocument?)null);
    }

    public string TableName(string name, int generation) => ReadModelSchema.TableOf(name, generation);

    public string ViewName(string name) => name;

    /// <summary>The rows of a flat table; of the live generation when none is given.</summary>
    internal ImmutableSortedDictionary<string, ImmutableDictionary<string, object?>> ReadRows(string name, int? generation)
    {
        var state = database.Committed;
        return Rows(state, name, generation ?? LiveOf(state, name)).Rows;
    }

    private MemoryState Write(MemoryState state, ReadModelCommit commit)
    {
        ArgumentNullException.ThrowIfNull(commit);
        var now = time.GetUtcNow();
        if (commit.Move is not null)
            state = MemoryFence.Move(state, commit.Move, now);

        foreach (var d in commit.Documents)
            state = With(state, TableName(d.Name, d.Generation), Documents(state, d.Name, d.Generation).Write(d));
        foreach (var r in commit.Rows)
            state = With(state, TableName(r.Schema.Name, r.Generation), Rows(state, r.Schema.Name, r.Generation).Write(r));
        state = MemoryParking.Write(state, commit, now);
        return state with
        {
            Outbox = commit.Messages.Where(m => !state.Outbox.ContainsKey(m.Id))
                .Aggregate(state.Outbox, (outbox, m) => outbox.SetItem(m.Id, m with { Json = m.Json.ToArray() })),
        };
    }

    private static MemoryState With(MemoryState state, string table, MemoryTable rows) =>
        state with { Tables = state.Tables.SetItem(table, rows) };

    private static List<StoredDocument> Load(MemoryState state, string name, int generation, IReadOnlyList<DocumentKey> keys)
    {
        var rows = Documents(state, name, generation).Rows;
        var found = new List<StoredDocument>(keys.Count);
        foreach (var key in keys)
        {
            if (rows.TryGetValue(key, out var document))
                found.Add(document);
        }

        return found;
    }

    private static int LiveOf(MemoryState state, string name) => state.Views.TryGetValue(name, out var generation)
        ? generation
        : throw new InvalidOperationException($"There is no read model '{name}'. PrepareAsync makes it.");

    private static MemoryDocuments Documents(MemoryState state, string name, int generation) =>
        TableOf(state, name, generation) as MemoryDocuments ?? throw new InvalidOperationException(
            $"The read model '{name}' holds rows, not documents.");

    private static MemoryRows Rows(MemoryState state, string name, int generation) =>
        TableOf(state, name, generation) as MemoryRows ?? throw new InvalidOperationException(
            $"The read model '{name}' holds documents, not rows.");

    private static MemoryTable TableOf(MemoryState state, string name, int generation) =>
        state.Tables.GetValueOrDefault(ReadModelSchema.TableOf(name, generation))
        ?? throw new InvalidOperationException(
            $"There is no table of generation {generation} of the read model '{name}'. PrepareAsync makes it.");
}
