using Tidemark.Checkpoints;
using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>
/// Which slots a shard still has to work on at a position: those of its range, without the ones that a merge brought from a faster shard
/// until it has caught up with them. Set at each handshake.
/// </summary>
internal sealed class SlotScope(SlotRange range)
{
    /// <summary>Every slot, always.</summary>
    public static readonly SlotScope All = new(SlotRange.All);

    private IReadOnlyList<SlotProgress> _ahead = [];

    /// <summary>The slots of its range.</summary>
    public SlotRange Range => range;

    /// <summary>Whether it never leaves anything out.</summary>
    public bool IsAll => range == SlotRange.All && _ahead.Count == 0;

    /// <summary>Sets which slots are further than the shard.</summary>
    public void Set(IReadOnlyList<SlotProgress> ahead, Position position) => _ahead = [.. ahead.Where(a => a.Position > position)];

    /// <summary>Whether an event at a position is to take effect on a slot.</summary>
    public bool Includes(short slot, Position position)
    {
        if (!range.Contains(slot))
            return false;
        foreach (var progress in _ahead)
        {
            if (progress.Slots.Contains(slot) && position <= progress.Position)
                return false;
        }

        return true;
    }
}
