namespace Tidemark.Events;

/// <summary>An inclusive range of slots.</summary>
/// <param name="First">The first slot, 0 to 1023.</param>
/// <param name="Last">The last slot, <paramref name="First"/> to 1023.</param>
public readonly record struct SlotRange(short First, short Last)
{
    /// <summary>Every slot.</summary>
    public static readonly SlotRange All = new(0, Slot.Count - 1);

    /// <summary>Whether the range holds a slot.</summary>
    public bool Contains(short slot) => slot >= First && slot <= Last;

    /// <inheritdoc />
    public override string ToString() => $"{First}-{Last}";
}
