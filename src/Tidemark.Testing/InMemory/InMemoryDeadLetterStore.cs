using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.Testing.InMemory;

/// <summary>Dead letters and parked streams in memory.</summary>
internal sealed class InMemoryDeadLetterStore(MemoryDatabase database) : IDeadLetterStore
{
    public ValueTask<IReadOnlyList<DeadLetter>> ReadAsync(
        string? projection, Position after, int countMax, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        DeadLetter[] wanted =
        [
            .. database.Committed.DeadLetters.Values
                .Where(d => d.Position > after && (projection is null || d.Shard.Projection == projection))
                .OrderBy(d => d.Position)
                .ThenBy(d => d.Shard.ToString(), CodePointOrder.Instance),
        ];
        return ValueTask.FromResult<IReadOnlyList<DeadLetter>>(
            countMax < wanted.Length ? [.. wanted.TakeWhile(d => d.Position <= wanted[countMax - 1].Position)] : wanted);
    }

    public ValueTask<DeadLetter?> FindAsync(string projection, int generation, Position position, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(database.Committed.DeadLetters.GetValueOrDefault((projection, generation, position)));
    }

    public ValueTask<IReadOnlyList<ParkedStream>> ReadParkedAsync(
        string? projection, Position after, int countMax, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ParkedStream[] wanted =
        [
            .. database.Committed.Queues
                .Where(q => q.Value.Position > after && (projection is null || q.Key.Projection == projection))
                .OrderBy(q => q.Value.Position).ThenBy(q => q.Key.Projection, CodePointOrder.Instance).ThenBy(q => q.Key.Generation)
                .Select(q => new ParkedStream(
                    q.Key.Projection, q.Key.Generation, q.Key.Tenant, q.Key.Stream, q.Value.Position, q.Value.Events.Count,
                    q.Value.ParkedAt)),
        ];
        return ValueTask.FromResult<IReadOnlyList<ParkedStream>>(
            countMax < wanted.Length ? [.. wanted.TakeWhile(p => p.Position <= wanted[countMax - 1].Position)] : wanted);
    }

    public ValueTask<IReadOnlyList<(TenantId Tenant, StreamId Stream)>> LoadParkedAsync(
        ShardName shard, int countMax, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<(TenantId, StreamId)>>(
        [
            .. database.Committed.Queues.Keys
                .Where(q => q.Projection == shard.Projection && q.Generation == shard.Generation
                    && shard.Slots.Contains(Slot.Of(q.Tenant, q.Stream)))
                .Take(countMax)
                .Select(q => (q.Tenant, q.Stream)),
        ]);
    }

    public ValueTask<Position?> FindParkedAsync(
        string projection, int generation, TenantId tenant, StreamId stream, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(database.Committed.Queues.GetValueOrDefault(new(projection, generation, tenant, stream))?.Position);
    }

    public ValueTask<IReadOnlyList<ParkedEvent>> ReadQueueAsync(
        string projection, int generation, TenantId tenant, StreamId stream, Position after, int countMax,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var queue = database.Committed.Queues.GetValueOrDefault(new(projection, generation, tenant, stream));
        return ValueTask.FromResult<IReadOnlyList<ParkedEvent>>(
            [.. (queue?.Events.Values ?? []).Where(e => e.Position > after).Take(countMax)]);
    }
}
