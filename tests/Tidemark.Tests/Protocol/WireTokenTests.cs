using System.Text;
using Tidemark.Protocol;

namespace Tidemark.Tests.Protocol;

public sealed class WireTokenTests
{
    [Theory]
    [InlineData("start:0", WireTokenKind.Start, 0, 0)]
    [InlineData("start:5", WireTokenKind.Start, 5, 4)]
    [InlineData("delivered:0", WireTokenKind.Delivered, 0, 0)]
    [InlineData("delivered:5", WireTokenKind.Delivered, 5, 5)]
    [InlineData("delivered:9223372036854775807", WireTokenKind.Delivered, long.MaxValue, long.MaxValue)]
    public void Text_and_token_are_the_same(string text, WireTokenKind kind, long position, long after)
    {
        var token = WireToken.Parse(text);

        token.ShouldBe(new WireToken(kind, position));
        token.After.ShouldBe(after);
        token.ToString().ShouldBe(text);
        Span<byte> utf8 = stackalloc byte[WireToken.TextLengthMax];
        token.TryFormat(utf8, out var written).ShouldBeTrue();
        Encoding.UTF8.GetString(utf8[..written]).ShouldBe(text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("start")]
    [InlineData("start:")]
    [InlineData("Start:5")]
    [InlineData("start:-5")]
    [InlineData("start:+5")]
    [InlineData("start: 5")]
    [InlineData("start:5 ")]
    [InlineData("delivered:5.0")]
    [InlineData("delivered:9223372036854775808")]
    [InlineData("delivered:00000000000000000000000000000005")]
    [InlineData("done:5")]
    public void Text_that_is_no_token_is_refused(string text)
    {
        WireToken.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => WireToken.Parse(text)).Message.ShouldContain("start:5");
    }

    [Fact]
    public void Token_that_has_no_room_is_not_written() =>
        WireToken.Delivered(123).TryFormat(stackalloc byte[12], out _).ShouldBeFalse();
}
