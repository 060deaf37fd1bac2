using FsCheck;
using FsCheck.Fluent;
using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Tests.Checkpoints;

public sealed class ShardNameTests
{
    private static readonly Gen<ShardName> Names =
        from projection in Gen.NonEmptyListOf(Gen.Elements("aZ09_- .é😀/#".EnumerateRunes().Select(r => r.ToString()).ToArray()))
        from generation in Gen.Choose(1, int.MaxValue)
        from slots in Gen.Two(Gen.Choose(0, Slot.Count - 1))
        from database in Gen.Elements("main", "eu-west.1", "a:b", "x")
        select new ShardName(
            string.Concat(projection), generation,
            new((short)Math.Min(slots.Item1, slots.Item2), (short)Math.Max(slots.Item1, slots.Item2)), database);

    [Fact]
    public void Name_is_read_back_from_its_text() => Prop.ForAll(Arb.From(Names), name =>
    {
        var read = ShardName.Parse(name.ToString());
        read.ShouldBe(name);
        read.GetHashCode().ShouldBe(name.GetHashCode());
        read.ToString().ShouldBe(name.ToString());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Text_has_the_documented_form() =>
        new ShardName("Orders", 2, SlotRange.All, "main").ToString().ShouldBe("Orders:g2:0-1023@main");

    [Theory]
    [InlineData("")]
    [InlineData("Orders")]
    [InlineData("Orders:g1:0-1023")]
    [InlineData("Orders:1:0-1023@main")]
    [InlineData("Orders:g:0-1023@main")]
    [InlineData("Orders:g1:0@main")]
    [InlineData("Orders:g1:0-1-2@main")]
    [InlineData("Orders:g-1:0-1023@main")]
    [InlineData("Orders:g1: 0-1023@main")]
    [InlineData("Or:ders:g1:0-1023@main")]
    [InlineData("Orders:g99999999999:0-1023@main")]
    [InlineData("Orders:g1:0-70000@main")]
    [InlineData("Orders:g0:0-1023@main")]
    [InlineData("Orders:g1:0-1024@main")]
    [InlineData("Orders:g1:9-3@main")]
    [InlineData(":g1:0-1023@main")]
    [InlineData("Orders:g1:0-1023@")]
    public void Text_that_is_no_name_is_refused_and_shown(string text) =>
        Should.Throw<FormatException>(() => ShardName.Parse(text)).Message.ShouldContain($"'{text}'");

    [Fact]
    public void Parts_make_the_difference()
    {
        var name = new ShardName("Orders", 1, SlotRange.All, "main");
        name.ShouldNotBe(name with { Generation = 2 });
        name.ShouldNotBe(name with { Slots = new(0, 511) });
        name.ShouldNotBe(name with { Database = "other" });
        (name with { Generation = 2 }).ToString().ShouldBe("Orders:g2:0-1023@main");
    }

    [Fact]
    public void Text_of_a_changed_copy_is_its_own()
    {
        var name = new ShardName("Orders", 1, SlotRange.All, "main");
        _ = name.ToString();
        (name with { Projection = "Routes" }).ToString().ShouldBe("Routes:g1:0-1023@main");
    }
}
