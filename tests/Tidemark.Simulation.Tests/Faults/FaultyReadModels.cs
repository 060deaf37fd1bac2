using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;

namespace Tidemark.Simulation.Tests.Faults;

/// <summary>The read models, with faults.</summary>
internal sealed class FaultyReadModels(IReadModelStore inner, FaultPlan plan) : IReadModelStore
{
    public bool SupportsSql => inner.SupportsSql;

    public ValueTask<ReadModelGeneration> PrepareAsync(
        string projection, int version, ReadModelSchema schema, int generation, CancellationToken cancellationToken) =>
        plan.RunAsync(
            $"prepare {projection}", () => inner.PrepareAsync(projection, version, schema, generation, cancellationToken),
                cancellationToken);

    public ValueTask PublishAsync(string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken) =>
        plan.RunAsync($"publish {projection}", () => inner.PublishAsync(projection, schema, generation, cancellationToken),
            cancellationToken);

    public ValueTask DropAsync(string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken) =>
        plan.RunAsync($"drop {projection}", () => inner.DropAsync(projection, schema, generation, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<ReadModelGeneration>> ReadGenerationsAsync(CancellationToken cancellationToken) =>
        plan.RunAsync("generations", () => inner.ReadGenerationsAsync(cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<StoredDocument>> LoadAsync(
        string name, int generation, IReadOnlyList<DocumentKey> keys, CancellationToken cancellationToken) =>
        plan.RunAsync($"load {name}", () => inner.LoadAsync(name, generation, keys, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<StoredDocument>> LoadAsync(
        IStoreTransaction transaction, string name, int generation, IReadOnlyList<DocumentKey> keys, CancellationToken cancellationToken) =>
        plan.RunAsync($"load-inside {name}",
            () => inner.LoadAsync(FaultyTransaction.Inner(transaction), name, generation, keys, cancellationToken),
            cancellationToken);

    public ValueTask CommitAsync(ReadModelCommit commit, CancellationToken cancellationToken) =>
        plan.RunAsync($"commit {commit.Move!.Shard}", () => inner.CommitAsync(commit, cancellationToken), cancellationToken);

    public ValueTask WriteAsync(IStoreTransaction transaction, ReadModelCommit commit, CancellationToken cancellationToken) =>
        plan.RunAsync("write-inside", () => inner.WriteAsync(FaultyTransaction.Inner(transaction), commit, cancellationToken),
            cancellationToken);

    public ValueTask BoundIdleAsync(IStoreTransaction transaction, CancellationToken cancellationToken) =>
        inner.BoundIdleAsync(FaultyTransaction.Inner(transaction), cancellationToken);

    public ValueTask<IReadOnlyList<StoredDocument>> ReadLiveAsync(
        string name, TenantId tenant, string? afterKey, int countMax, CancellationToken cancellationToken) =>
        inner.ReadLiveAsync(name, tenant, afterKey, countMax, cancellationToken);

    public ValueTask<StoredDocument?> FindLiveAsync(string name, DocumentKey key, CancellationToken cancellationToken) =>
        inner.FindLiveAsync(name, key, cancellationToken);

    public string TableName(string name, int generation) => inner.TableName(name, generation);

    public string ViewName(string name) => inner.ViewName(name);
}
