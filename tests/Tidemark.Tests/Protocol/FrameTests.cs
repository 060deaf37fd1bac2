using System.Buffers;
using System.Text;
using Tidemark.Protocol;
using Tidemark.Protocol.Frames;

namespace Tidemark.Tests.Protocol;

public sealed class FrameTests(ITestOutputHelper output)
{
    private const int BytesMax = 64 * 1024;

    [Theory]
    [InlineData(ErrorCode.Malformed, "")]
    [InlineData(ErrorCode.Malformed, "{")]
    [InlineData(ErrorCode.Malformed, "[]")]
    [InlineData(ErrorCode.Malformed, "null")]
    [InlineData(ErrorCode.Malformed, """{"t":"bye"}{"t":"bye"}""")]
    [InlineData(ErrorCode.Malformed, """{"t":"bye",}""")]
    [InlineData(ErrorCode.Malformed, """{"t":"reject","code":"busy","message":"\ud800"}""")]
    [InlineData(ErrorCode.MissingField, "{}")]
    [InlineData(ErrorCode.MissingField, """{"t":null}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":1}""")]
    [InlineData(ErrorCode.UnknownFrame, """{"t":"goodbye"}""")]
    [InlineData(ErrorCode.UnknownFrame, """{"t":""}""")]
    [InlineData(ErrorCode.MissingField, """{"t":"ask","partition":"a","number":1}""")]
    [InlineData(ErrorCode.MissingField, """{"t":"ask","partition":"a","number":1,"token":null}""")]
    [InlineData(ErrorCode.MissingField, """{"t":"ask","number":1,"token":"start:1"}""")]
    [InlineData(ErrorCode.MissingField, """{"t":"token","partition":"a","number":1}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"ask","partition":"","number":1,"token":"start:1"}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"ask","partition":"a","number":0,"token":"start:1"}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"ask","partition":"a","number":1.5,"token":"start:1"}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"ask","partition":"a","number":"1","token":"start:1"}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"ask","partition":"a","number":9223372036854775808,"token":"start:1"}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"ask","partition":"a","number":1,"token":"start"}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"ask","partition":"a","number":1,"token":{}}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"ack","partition":"a","number":1,"outcome":"maybe"}""")]
    [InlineData(ErrorCode.MissingField, """{"t":"ack","partition":"a","number":1}""")]
    [InlineData(ErrorCode.MissingField, """{"t":"ack","partition":"a","number":1,"outcome":"park"}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"ack","partition":"a","number":1,"outcome":"done","through":0}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"ack","partition":"a","number":1,"outcome":"retryAfter","retryAfterMs":-1,"reason":"r"}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"hello","subscription":"s","member":"m","tokens":"my","creditEvents":1,"creditBytes":1}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"credit","creditEvents":-1,"creditBytes":1}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"drop","code":"whatever","message":"m"}""")]
    [InlineData(ErrorCode.MissingField, """{"t":"deliver","partition":"a","number":1,"offered":"start:1","through":1}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"deliver","partition":"a","number":1,"offered":"start:1","through":1,"events":{}}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"deliver","partition":"a","number":1,"offered":"start:1","through":1,"events":[1]}""")]
    [InlineData(ErrorCode.MissingField, """{"t":"deliver","partition":"a","number":1,"offered":"start:1","through":1,"events":[{}]}""")]
    [InlineData(ErrorCode.InvalidField, """{"t":"deliver","partition":"a","number":1,"offered":"start:1","events":[{"id":"x"}]}""")]
    public void Frame_that_is_none_has_an_error_with_its_code(ErrorCode code, string json) =>
        Should.Throw<ProtocolException>(() => Read(json)).Code.ShouldBe(code);

    [Fact]
    public void Frame_that_is_too_large_is_refused_without_reading_it() =>
        Should.Throw<ProtocolException>(() => FrameReader.Read(new byte[11], 10)).Code.ShouldBe(ErrorCode.TooLarge);

    [Fact]
    public void Text_that_is_no_utf8_is_malformed()
    {
        byte[] frame = [.. """{"t":"drop","code":"busy","message":" """u8, 0xC3, 0x28, .. "\"}"u8];

        Should.Throw<ProtocolException>(() => FrameReader.Read(frame, BytesMax)).Code.ShouldBe(ErrorCode.Malformed);
    }

    [Theory]
    [InlineData("""{"number":3,"token":"start:9","partition":"p","t":"ask"}""")]
    [InlineData("""{"new":{"t":"bye","a":[1,{"number":5}]},"t":"ask","partition":"p","number":3,"token":"start:9"}""")]
    [InlineData("""{"t":"bye","t":"ask","partition":"p","number":1,"number":3,"token":"start:9","gap":null}""")]
    public void Order_unknown_fields_and_repeated_fields_do_no_harm(string json) =>
        Read(json).ShouldBe(new AskFrame("p", 3, WireToken.Start(9)));

    [Theory]
    [InlineData("""{"a" : 1.50, "b":"\u00e9é" }""")]
    [InlineData("null")]
    [InlineData("-0.0")]
    [InlineData("\"text\"")]
    [InlineData("[[[]]]")]
    public void Data_comes_through_byte_by_byte(string data)
    {
        var sent = Event(7) with { Data = Encoding.UTF8.GetBytes(data), Metadata = "{ \"k\": 1 }"u8.ToArray() };

        var got = Read(Write(new DeliverFrame("p", 1, WireToken.Delivered(5), 9, [sent]))).ShouldBeOfType<DeliverFrame>().Events.Single();

        Encoding.UTF8.GetString(got.Data.Span).ShouldBe(data);
        Encoding.UTF8.GetString(got.Metadata.Span).ShouldBe("{ \"k\": 1 }");
        (got with { Data = default, Metadata = default }).ShouldBe(sent with { Data = default, Metadata = default });
    }

    [Fact]
    public void Data_may_be_nested_deeply()
    {
        var data = new string('[', 900) + new string(']', 900);

        var frame = Write(new DeliverFrame("p", 1, WireToken.Start(1), 1, [Event(1) with { Data = Encoding.UTF8.GetBytes(data) }]));

        Read(frame).ShouldBeOfType<DeliverFrame>().Events[0].Data.Length.ShouldBe(1800);
    }

    [Fact]
    public void Damaged_frames_are_read_or_refused_and_never_anything_else()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        byte[][] frames = [.. ProtocolPage.Frames.Select(Encoding.UTF8.GetBytes)];
        var refused = 0;
        for (var n = 0; n < 20_000; n++)
        {
            byte[] frame = [.. frames[random.Next(frames.Length)]];
            for (var damage = random.Next(1, 4); damage > 0; damage--)
                frame[random.Next(frame.Length)] = (byte)(random.Next(4) == 0 ? random.Next(256) : "{}[]\":,0-nult1e "[random.Next(16)]);
            var length = random.Next(3) == 0 ? random.Next(frame.Length) : frame.Length;
            try
            {
                FrameReader.Read(frame.AsMemory(0, length), BytesMax).ShouldNotBeNull();
            }
            catch (ProtocolException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(5_000);
    }

    private static WireEvent Event(long position) => new(
        position, new Guid("0198c5a2-6f0e-7c3a-9d52-0242ac120002"), "type", "stream \"ä\"", 3, "", DateTimeOffset.UnixEpoch,
        "{}"u8.ToArray(), default);

    private static Frame Read(string json) => FrameReader.Read(Encoding.UTF8.GetBytes(json), BytesMax);

    private static string Write(Frame frame)
    {
        using var writer = new FrameWriter();
        var buffer = new ArrayBufferWriter<byte>();
        writer.Write(buffer, frame);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
