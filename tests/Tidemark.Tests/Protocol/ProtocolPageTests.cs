using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Tidemark.Protocol;
using Tidemark.Protocol.Frames;

namespace Tidemark.Tests.Protocol;

/// <summary>docs/protocol.md and the package say the same.</summary>
public sealed class ProtocolPageTests
{
    public static TheoryData<string> Examples => [.. ProtocolPage.Frames];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_is_read_and_written_as_it_stands(string json)
    {
        var frame = FrameReader.Read(Encoding.UTF8.GetBytes(json), DeliveryProtocol.ServerFrameBytesMax);

        var written = Write(frame);
        JsonNode.DeepEquals(JsonNode.Parse(written), JsonNode.Parse(json)).ShouldBeTrue(written);
        Write(FrameReader.Read(Encoding.UTF8.GetBytes(written), DeliveryProtocol.ServerFrameBytesMax)).ShouldBe(written);
    }

    [Fact]
    public void Every_kind_of_frame_has_an_example()
    {
        var shown = ProtocolPage.Frames.Select(json => FrameReader.Read(Encoding.UTF8.GetBytes(json), int.MaxValue)).ToArray();
        var kinds = typeof(Frame).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Frame)));

        kinds.Except(shown.Select(frame => frame.GetType())).ShouldBeEmpty();
        shown.OfType<AckFrame>().Select(ack => ack.Outcome).Distinct().Count().ShouldBe(Enum.GetValues<AckOutcome>().Length);
    }

    [Fact]
    public void Table_of_errors_is_that_of_the_package() =>
        ProtocolPage.Errors.ShouldBe(Enum.GetValues<ErrorCode>().Select(code => (code.ToWire(), (int)code, code.IsWorthRetrying())));

    private static string Write(Frame frame)
    {
        using var writer = new FrameWriter();
        var buffer = new ArrayBufferWriter<byte>();
        writer.Write(buffer, frame);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
