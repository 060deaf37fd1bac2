using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Testing.InMemory;

/// <summary>Checkpoints in memory.</summary>
internal sealed class InMemoryCheckpointStore(MemoryDatabase database, TimeProvider time) : ICheckpointStore
{
    public ValueTask<Checkpoint> OpenAsync(ShardName shard, Epoch? epoch, CancellationToken cancellationToken) =>
        database.ChangeAsync(state => Open(state, shard, epoch), cancellationToken);

    public ValueTask MoveAsync(CheckpointMove move, CancellationToken cancellationToken) =>
        database.ChangeAsync(state => MemoryFence.Move(state, move, time.GetUtcNow()), cancellationToken);

    public ValueTask<IReadOnlyList<Checkpoint>> ReadAllAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<Checkpoint>>(
            [.. database.Committed.Checkpoints.Values.Where(c => c.Epoch != Epoch.Replaced)
                .OrderBy(c => c.Shard.ToString(), StringComparer.Ordinal)]);
    }

    public ValueTask ReplaceAsync(
        IReadOnlyList<ShardName> replaced, IReadOnlyList<Checkpoint> made, CancellationToken cancellationToken) =>
        database.ChangeAsync(state => Replace(state, replaced, made, time.GetUtcNow()), cancellationToken);

    public ValueTask DeleteAsync(string projection, int generation, CancellationToken cancellationToken) =>
        database.ChangeAsync(
            state => MemoryParking.Delete(state, projection, generation) with
            {
                Checkpoints = state.Checkpoints.RemoveRange(
                    state.Checkpoints.Keys.Where(s => s.Projection == projection && s.Generation == generation)),
            },
            cancellationToken);

    private (MemoryState State, Checkpoint Result) Open(MemoryState state, ShardName shard, Epoch? epoch)
    {
        var stored = state.Checkpoints.GetValueOrDefault(shard);
        if (stored is not null && (stored.Epoch == Epoch.Replaced || epoch?.Value < stored.Epoch.Value))
            throw new FencedException(shard, epoch ?? default, stored.Position);

        var installed = epoch ?? new((stored?.Epoch.Value ?? 0) + 1);
        var checkpoint = stored is null
            ? new(shard, Position.Beginning, installed, null, Position.Beginning, time.GetUtcNow())
            : stored with { Epoch = installed };
        return (state with { Checkpoints = state.Checkpoints.SetItem(shard, checkpoint) }, checkpoint);
    }

    private static MemoryState Replace(
        MemoryState state, IReadOnlyList<ShardName> replaced, IReadOnlyList<Checkpoint> made, DateTimeOffset now)
    {
        var checkpoints = state.Checkpoints;
        if (replaced.Count > 0 && replaced.All(s => checkpoints.GetValueOrDefault(s)?.Epoch == Epoch.Replaced))
            return state;
        var epoch = made.Select(c => c.Epoch).DefaultIfEmpty(new(Epoch.Replaced.Value - 1)).MaxBy(e => e.Value);
        foreach (var shard in replaced)
        {
            if (!checkpoints.TryGetValue(shard, out var former) || former.Epoch.Value > epoch.Value)
                throw new FencedException(shard, epoch, former?.Position ?? Position.Beginning);
            checkpoints = checkpoints.SetItem(shard, former with { Epoch = Epoch.Replaced });
        }

        foreach (var checkpoint in made)
        {
            if (checkpoints.TryGetValue(checkpoint.Shard, out var other)
                && other.Epoch != Epoch.Replaced && other.Epoch.Value > checkpoint.Epoch.Value)
            {
                throw new FencedException(checkpoint.Shard, checkpoint.Epoch, checkpoint.Position);
            }

            checkpoints = checkpoints.SetItem(checkpoint.Shard, checkpoint with { UpdatedAt = now });
        }

        return state with { Checkpoints = checkpoints };
    }
}
