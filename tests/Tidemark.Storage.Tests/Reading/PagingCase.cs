using FsCheck;
using FsCheck.Fluent;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Storage.Tests.Reading;

/// <summary>One way to page through a log.</summary>
public sealed record PagingCase(LogFilter Filter, int EventsMax, int BytesMax, int ThroughIndex)
{
    public static readonly string[] Types = ["placed", "shipped", "returned"];

    public static readonly TenantId[] Tenants = ["", "north", "south"];

    /// <summary>Limits from the smallest to none, every combination of filters, bounds inside the log and beyond its end.</summary>
    public static Gen<PagingCase> Any =>
        from types in Gen.SubListOf(Types.Append("never")).OrNull()
        from tenants in Gen.SubListOf(Tenants).OrNull()
        from slots in Gen.Two(Gen.Choose(0, Slot.Count - 1))
        from hasSlots in Gen.Elements(true, false)
        from eventsMax in Gen.Frequency((3, Gen.Choose(1, 5)), (2, Gen.Choose(6, 300)), (1, Gen.Constant(int.MaxValue)))
        from bytesMax in Gen.Frequency((2, Gen.Choose(1, 60)), (2, Gen.Choose(61, 5000)), (2, Gen.Constant(int.MaxValue)))
        from through in Gen.Frequency((2, Gen.Choose(0, 240)), (1, Gen.Constant(int.MaxValue)))
        select new PagingCase(
            new(
                types is null ? null : [.. types],
                tenants is null ? null : [.. tenants],
                hasSlots ? new SlotRange((short)Math.Min(slots.Item1, slots.Item2), (short)Math.Max(slots.Item1, slots.Item2)) : null),
            eventsMax,
            bytesMax,
            through);

    public override string ToString() =>
        $"types [{Join(Filter.Types)}] tenants [{Join(Filter.Tenants)}] slots {Filter.Slots} "
        + $"events {EventsMax} bytes {BytesMax} through #{ThroughIndex}";

    private static string Join<T>(IReadOnlyList<T>? items) => items is null ? "any" : string.Join(',', items);
}
