using Tidemark.Benchmarks.Workload;
using Tidemark.Events;

namespace Tidemark.Benchmarks.Micro;

/// <summary>Events as a store reads them, for the micro benchmarks.</summary>
internal static class MicroEvents
{
    /// <summary>The registered types of the benchmarks.</summary>
    public static EventTypeRegistry Types()
    {
        var builder = new EventTypeBuilder().Json(OrderJson.Default).Add<LineAdded>(Orders.LineAddedName)
            .Add<PaymentReceived>(Orders.PaymentReceivedName);
        return builder.Build(builder.MakeJsonOptions());
    }

    /// <summary>An event, not decoded yet.</summary>
    /// <param name="position">Its position, from 1.</param>
    /// <param name="streams">Over how many streams the positions go.</param>
    public static RecordedEvent Recorded(long position, int streams)
    {
        var number = (int)(position % streams);
        var version = 1 + (position / streams);
        var stream = Orders.Stream(number);
        return new RecordedEvent(
            new Position(position), TenantId.Default, stream, new StreamVersion(version), Guid.CreateVersion7(), Orders.TypeName(version),
            Orders.Json(version, number), default, DateTimeOffset.UnixEpoch, Slot.Of(TenantId.Default, stream));
    }
}
