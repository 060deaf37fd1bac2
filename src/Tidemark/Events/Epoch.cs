using System.Globalization;

namespace Tidemark.Events;

/// <summary>
/// The fencing number of a shard's owner: it grows with each change of owner, and a write with a lower one than the last seen is refused.
/// </summary>
/// <param name="Value">The number.</param>
public readonly record struct Epoch(long Value)
{
    /// <summary>The epoch of a shard that was replaced: nobody owns it any more.</summary>
    public static readonly Epoch Replaced = new(long.MaxValue);

    /// <inheritdoc />
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
