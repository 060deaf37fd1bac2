using System.Text;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Tests.Fixtures;

/// <summary>Makes what ports take.</summary>
internal static class Make
{
    public static Guid Id(long number) => new(BitConverter.GetBytes(number).Concat(new byte[8]).ToArray());

    public static EncodedEvent Event(long number, string type = "deposited", int padding = 0) =>
        new(Id(number), type, Encoding.UTF8.GetBytes($$"""{"amount":{{number}},"pad":"{{new string('x', padding)}}"}"""), null);

    public static StreamAppend Append(string stream, params EncodedEvent[] events) =>
        new(TenantId.Default, stream, Slot.Of(TenantId.Default, stream), ExpectedVersion.Any, events);

    public static RecordedEvent Recorded(
        long position, string type = "deposited", string? json = null, string stream = "account", long version = 1,
            string? metadata = null) =>
        new(
            new Position(position), TenantId.Default, stream, new StreamVersion(version), Id(position), type,
            Encoding.UTF8.GetBytes(json ?? $$"""{"amount":{{position}}}"""), metadata is null ? default : Encoding.UTF8.GetBytes(metadata),
            DateTimeOffset.UnixEpoch, 0);
}
