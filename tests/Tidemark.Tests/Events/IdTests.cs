using FsCheck;
using FsCheck.Fluent;
using Tidemark.Events;

namespace Tidemark.Tests.Events;

public sealed class IdTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(StreamId.LengthMax)]
    public void Stream_id_within_its_limits_is_taken(int length) => new StreamId(new string('s', length)).Value.Length.ShouldBe(length);

    [Fact]
    public void Stream_id_that_is_too_long_is_refused_with_both_numbers()
    {
        var error = Should.Throw<ArgumentException>(() => new StreamId(new string('s', StreamId.LengthMax + 1)));

        error.Message.ShouldContain("at most 250 characters");
        error.Message.ShouldContain("251");
    }

    [Fact]
    public void Stream_id_must_not_be_empty() =>
        Should.Throw<ArgumentException>(() => new StreamId("")).Message.ShouldContain("stream id must not be empty");

    [Fact]
    public void Null_is_no_id()
    {
        Should.Throw<ArgumentNullException>(() => new StreamId(null!));
        Should.Throw<ArgumentNullException>(() => new TenantId(null!));
    }

    [Theory]
    [InlineData("a\0b", "U+0000")]
    [InlineData("a\nb", "U+000A")]
    [InlineData("\u001f", "U+001F")]
    [InlineData("\u007f", "U+007F")]
    [InlineData("\u0085x", "U+0085")]
    public void Control_character_is_refused_and_named(string name, string code)
    {
        Should.Throw<ArgumentException>(() => new StreamId(name)).Message.ShouldContain(code);
        Should.Throw<ArgumentException>(() => new TenantId(name)).Message.ShouldContain(code);
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused()
    {
        // Built here: a lone surrogate does not survive the metadata of an attribute.
        string[] bad = ["a" + '\ud83d', '\ude00' + "a", "" + '\ud83d' + '\ud83d', "" + '\ude00' + '\ud83d',
            "x" + '\ud83d' + "y" + '\ude00'];
        foreach (var name in bad)
            Should.Throw<ArgumentException>(() => new StreamId(name)).Message.ShouldContain("well-formed");
        new StreamId("😀").Value.ShouldBe("😀");
    }

    [Fact]
    public void Every_string_is_either_a_name_that_comes_back_as_it_was_or_refused() => Prop.ForAll<string?>(text =>
    {
        if (text is null)
            return;
        try
        {
            new StreamId(text).Value.ShouldBe(text);
            text.Length.ShouldBeInRange(1, StreamId.LengthMax);
            text.ShouldAllBe(c => !char.IsControl(c));
        }
        catch (ArgumentException)
        {
            (text.Length is 0 or > StreamId.LengthMax || text.Any(c => char.IsControl(c) || char.IsSurrogate(c))).ShouldBeTrue();
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Tenant_may_be_empty_and_is_then_the_default_one()
    {
        new TenantId("").ShouldBe(TenantId.Default);
        new TenantId("").GetHashCode().ShouldBe(default(TenantId).GetHashCode());
        new TenantId("").IsDefault.ShouldBeTrue();
        new TenantId("a").IsDefault.ShouldBeFalse();
        default(TenantId).Value.ShouldBe("");
    }

    [Fact]
    public void Tenant_id_has_its_own_limit()
    {
        new TenantId(new string('t', TenantId.LengthMax)).Value.Length.ShouldBe(TenantId.LengthMax);
        Should.Throw<ArgumentException>(() => new TenantId(new string('t', TenantId.LengthMax + 1))).Message.ShouldContain("at most 100");
    }

    [Fact]
    public void Names_are_compared_ordinally()
    {
        new StreamId("Ä").ShouldNotBe(new StreamId("A\u0308"));
        new StreamId("a").ShouldNotBe(new StreamId("A"));
        new TenantId("a").ShouldNotBe(new TenantId("A"));
    }

    [Fact]
    public void Default_ids_have_a_name_and_a_text()
    {
        default(StreamId).Value.ShouldBe("");
        default(StreamId).ToString().ShouldBe("");
        default(TenantId).ToString().ShouldBe("");
    }
}
