using System.Globalization;
using Tidemark.Events;

namespace Tidemark.Checkpoints;

/// <summary>
/// Some slots of a shard that are further than its checkpoint: they came from a faster shard when two were merged. Their events up to the
/// position have taken effect already.
/// </summary>
/// <param name="Slots">The slots.</param>
/// <param name="Position">How far they are.</param>
public readonly record struct SlotProgress(SlotRange Slots, Position Position)
{
    /// <summary>Writes a list as text, for instance <c>0-511:1200,512-1023:1350</c>; null when it is empty.</summary>
    public static string? Format(IReadOnlyList<SlotProgress> progress) => progress.Count == 0
        ? null
        : string.Join(',', progress.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Slots}:{p.Position.Value}")));

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static IReadOnlyList<SlotProgress> Parse(string? text) =>
        string.IsNullOrEmpty(text) ? [] : [.. text.Split(',').Select(ParseOne)];

    private static SlotProgress ParseOne(string text) =>
        text.Split(':', '-') is [var first, var last, var position]
            ? new(
                new(short.Parse(first, CultureInfo.InvariantCulture), short.Parse(last, CultureInfo.InvariantCulture)),
                new(long.Parse(position, CultureInfo.InvariantCulture)))
            : throw new FormatException($"'{text}' is no progress of slots; it looks like '0-511:1200'.");
}
