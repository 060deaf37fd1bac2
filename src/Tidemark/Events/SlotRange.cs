namespace Tidemark.Events;

/// <summary>An inclusive range of slots.</summary>
/// <param name="First">The first slot, 0 to 1023.</param>
/// <param name="Last">The last slot, <paramref name="First"/> to 1023.</param>
public readonly record struct SlotRange(short First, short Last)
{
    /// <summary>Every slot.</summary>
    public static readonly SlotRange All = new(0, Slot.Count - 1);

    /// <summary>How many slots it holds.</summary>
    public int Count => Last - First + 1;

    /// <summary>Divides it into ranges of about equal size, in order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than one part, or more parts than slots.</exception>
    public IReadOnlyList<SlotRange> Divide(int parts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, Count);
        var ranges = new SlotRange[parts];
        for (var i = 0; i < parts; i++)
            ranges[i] = new((short)(First + (i * Count / parts)), (short)(First + ((i + 1) * Count / parts) - 1));
        return ranges;
    }

    /// <summary>Whether the range holds a slot.</summary>
    public bool Contains(short slot) => slot >= First && slot <= Last;

    /// <inheritdoc />
    public override string ToString() => $"{First}-{Last}";
}
