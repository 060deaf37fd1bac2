using Tidemark.Checkpoints;

namespace Tidemark.Testing.InMemory;

/// <summary>The conditional step of a checkpoint.</summary>
internal static class MemoryFence
{
    /// <exception cref="FencedException">The epoch or the previous position is not the stored one.</exception>
    public static MemoryState Move(MemoryState state, CheckpointMove move, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(move);
        if (move.Next < move.Previous)
            throw new ArgumentException($"A checkpoint does not go back (from {move.Previous} to {move.Next}).", nameof(move));

        var stored = state.Checkpoints.GetValueOrDefault(move.Shard);
        if (stored is null || stored.Epoch != move.Epoch || stored.Position != move.Previous)
            throw new FencedException(move.Shard, move.Epoch, move.Previous);

        var next = stored with { Position = move.Next, UpdatedAt = now, Behind = move.Behind ?? stored.Behind };
        if (move.Anchor is not null)
            next = next with { Anchor = move.Anchor, AnchorPosition = move.AnchorPosition };
        return state with { Checkpoints = state.Checkpoints.SetItem(move.Shard, next) };
    }
}
