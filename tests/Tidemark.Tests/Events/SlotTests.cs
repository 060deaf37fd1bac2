using Tidemark.Events;

namespace Tidemark.Tests.Events;

public sealed class SlotTests
{
    // Computed by another program from the documented definition. A change here would move every stored stream to another slot.
    [Theory]
    [InlineData("", "a", 26)]
    [InlineData("", "order-1", 14)]
    [InlineData("", "order-2", 535)]
    [InlineData("acme", "order-1", 623)]
    [InlineData("a", "b", 648)]
    [InlineData("ö", "straße", 758)]
    [InlineData("", "日本語", 1)]
    [InlineData("", "😀", 557)]
    [InlineData("ord", "er-1", 695)]
    public void Slot_of_a_stream_is_fixed_for_ever(string tenant, string stream, short slot) => Slot.Of(tenant, stream).ShouldBe(slot);

    [Fact]
    public void Slot_of_the_longest_names_is_fixed_for_ever()
    {
        Slot.Of(new string('t', TenantId.LengthMax), new string('s', StreamId.LengthMax)).ShouldBe((short)511);
        Slot.Of("", new string('x', StreamId.LengthMax)).ShouldBe((short)502);
        Slot.Of("", new string('語', StreamId.LengthMax)).ShouldBeInRange((short)0, (short)(Slot.Count - 1));
    }

    [Fact]
    public void Streams_spread_evenly_over_the_slots()
    {
        const int perSlot = 100;
        var counts = new int[Slot.Count];
        for (var i = 0; i < perSlot * Slot.Count; i++)
            counts[Slot.Of("", $"order-{i}")]++;

        // Chi-squared with 1,023 degrees of freedom: 1,250 is exceeded once in a million times.
        counts.Sum(c => (double)(c - perSlot) * (c - perSlot) / perSlot).ShouldBeLessThan(1250);
        counts.Min().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Range_holds_its_ends_and_nothing_beyond()
    {
        var range = new SlotRange(5, 7);
        Enumerable.Range(0, Slot.Count).Where(s => range.Contains((short)s)).ShouldBe([5, 6, 7]);
        SlotRange.All.Contains(0).ShouldBeTrue();
        SlotRange.All.Contains(Slot.Count - 1).ShouldBeTrue();
        range.ToString().ShouldBe("5-7");
    }
}
