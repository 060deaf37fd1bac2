using System.Globalization;

namespace Tidemark.Events;

/// <summary>
/// The fencing number of a shard's owner: it grows with each change of owner, and a write with a lower one than the last seen is refused.
/// </summary>
/// <param name="Value">The number.</param>
public readonly record struct Epoch(long Value)
{
    /// <inheritdoc />
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
