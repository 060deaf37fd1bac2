using System.Globalization;
using Tidemark.Events;

namespace Tidemark.Leases;

/// <summary>
/// The name of a shard, the unit of work and ownership: projection or subscription, generation, slot range and event database.
/// As text: <c>Orders:g2:0-1023@main</c>.
/// </summary>
/// <param name="Projection">The name of the projection or subscription.</param>
/// <param name="Generation">Which build of the read model, from 1.</param>
/// <param name="Slots">The slots it works on.</param>
/// <param name="Database">The event database.</param>
public sealed record ShardName(string Projection, int Generation, SlotRange Slots, string Database)
{
    /// <inheritdoc />
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Projection}:g{Generation}:{Slots}@{Database}");

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">The text is no shard name.</exception>
    public static ShardName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = text.LastIndexOf('@');
        var parts = at < 0 ? [] : text[..at].Split(':');
        if (parts.Length == 3
            && parts[1].StartsWith('g')
            && int.TryParse(parts[1].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            && parts[2].Split('-') is [var first, var last]
            && short.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var firstSlot)
            && short.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var lastSlot)
            && parts[0].Length > 0 && generation > 0 && firstSlot <= lastSlot && lastSlot < Slot.Count && at + 1 < text.Length)
        {
            return new(parts[0], generation, new(firstSlot, lastSlot), text[(at + 1)..]);
        }

        throw new FormatException($"'{text}' is no shard name; one looks like 'Orders:g2:0-1023@main'.");
    }

    /// <summary>
    /// Whether an operator means this shard: by its text, by its projection, or by its projection on its event database
    /// (<c>Orders@main</c>).
    /// </summary>
    public bool IsMeantBy(string target) =>
        Projection == target || ToString() == target || $"{Projection}@{Database}" == target;

    /// <summary>Equal when all parts are.</summary>
    public bool Equals(ShardName? other) =>
        other is not null && Projection == other.Projection && Generation == other.Generation && Slots == other.Slots
            && Database == other.Database;

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Projection, Generation, Slots, Database);
}
