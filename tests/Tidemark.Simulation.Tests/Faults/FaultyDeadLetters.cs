using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.Simulation.Tests.Faults;

/// <summary>Dead letters and parked streams, with faults where a shard reads them.</summary>
internal sealed class FaultyDeadLetters(IDeadLetterStore inner, FaultPlan plan) : IDeadLetterStore
{
    public ValueTask<IReadOnlyList<DeadLetter>> ReadAsync(
        string? projection, Position after, int countMax, CancellationToken cancellationToken) =>
        inner.ReadAsync(projection, after, countMax, cancellationToken);

    public ValueTask<DeadLetter?> FindAsync(
        string projection, int generation, Position position, CancellationToken cancellationToken) =>
        plan.RunAsync($"find {projection}", () => inner.FindAsync(projection, generation, position, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<ParkedStream>> ReadParkedAsync(
        string? projection, Position after, int countMax, CancellationToken cancellationToken) =>
        inner.ReadParkedAsync(projection, after, countMax, cancellationToken);

    public ValueTask<IReadOnlyList<(TenantId Tenant, StreamId Stream)>> LoadParkedAsync(
        ShardName shard, int countMax, CancellationToken cancellationToken) =>
        plan.RunAsync($"parked {shard}", () => inner.LoadParkedAsync(shard, countMax, cancellationToken), cancellationToken);

    public ValueTask<Position?> FindParkedAsync(
        string projection, int generation, TenantId tenant, StreamId stream, CancellationToken cancellationToken) =>
        plan.RunAsync(
            $"head {projection}",
            () => inner.FindParkedAsync(projection, generation, tenant, stream, cancellationToken),
            cancellationToken);

    public ValueTask<IReadOnlyList<ParkedEvent>> ReadQueueAsync(
        string projection, int generation, TenantId tenant, StreamId stream, Position after, int countMax,
        CancellationToken cancellationToken) =>
        plan.RunAsync(
            $"queue {projection}",
            () => inner.ReadQueueAsync(projection, generation, tenant, stream, after, countMax, cancellationToken),
            cancellationToken);
}
