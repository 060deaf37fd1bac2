using System.Text;
using Tidemark.Events;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Events;

public sealed class MetadataTests
{
    [Fact]
    public void Metadata_comes_back_as_it_was_written()
    {
        var metadata = new EventMetadata
        {
            CorrelationId = "c-1",
            CausationId = "\"quoted\" \\ and \u0000",
            Actor = "Zoë 😀",
            TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["Key"] = "upper", ["key"] = "lower", [""] = "" },
        };

        var read = Read(MetadataSerializer.Write(metadata));

        read.CorrelationId.ShouldBe(metadata.CorrelationId);
        read.CausationId.ShouldBe(metadata.CausationId);
        read.Actor.ShouldBe(metadata.Actor);
        read.TraceParent.ShouldBe(metadata.TraceParent);
        read.Headers.OrderBy(h => h.Key, StringComparer.Ordinal).ShouldBe(metadata.Headers.OrderBy(h => h.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void Nothing_is_stored_for_no_metadata()
    {
        MetadataSerializer.Write(EventMetadata.None).ShouldBeNull();
        MetadataSerializer.Write(new EventMetadata { Headers = new Dictionary<string, string>() }).ShouldBeNull();
        Read(null).ShouldBeSameAs(EventMetadata.None);
    }

    [Fact]
    public void Absent_values_are_not_written()
    {
        Encoding.UTF8.GetString(MetadataSerializer.Write(new EventMetadata { Actor = "me" })!).ShouldBe("""{"actor":"me"}""");
        Read(MetadataSerializer.Write(new EventMetadata { Actor = "me" })).Headers.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"actor\":5}")]
    [InlineData("{")]
    public void Metadata_that_is_not_ours_is_an_error_that_names_the_event(string stored)
    {
        var recorded = Make.Recorded(17, metadata: stored);

        var error = Should.Throw<EventSerializationException>(() => recorded.Metadata);

        error.Position.ShouldBe(new Position(17));
        error.Message.ShouldContain("position 17");
        error.Message.ShouldContain(recorded.Id.ToString());
    }

    private static EventMetadata Read(byte[]? stored) =>
        Make.Recorded(1, metadata: stored is null ? null : Encoding.UTF8.GetString(stored)).Metadata;
}
