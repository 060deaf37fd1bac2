using System.Diagnostics;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Telemetry;

namespace Tidemark.Delivery;

/// <summary>The span of a delivery, with links to the appends of its events.</summary>
internal static class DeliveryActivity
{
    private const int LinksMax = 32;

    /// <summary>Starts it; null when nobody listens.</summary>
    public static Activity? Start(ShardName shard, ReadOnlySpan<RecordedEvent> events)
    {
        if (!TidemarkTelemetry.Activities.HasListeners())
            return null;
        KeyValuePair<string, object?>[] tags =
        [
            new("tidemark.subscription", shard.Projection), new("tidemark.shard", shard.ToString()), new("tidemark.events", events.Length),
        ];
        return TidemarkTelemetry.Activities.StartActivity(
            "tidemark.delivery", ActivityKind.Consumer, default(ActivityContext), tags, LinksTo(events));
    }

    /// <summary>Links to the appends of events, each once, 32 at most.</summary>
    public static IReadOnlyList<ActivityLink> LinksTo(ReadOnlySpan<RecordedEvent> events)
    {
        var links = new List<ActivityLink>();
        var seen = new HashSet<ActivityContext>();
        for (var i = 0; i < events.Length && links.Count < LinksMax; i++)
        {
            if (TraceParentOf(events[i]) is { } text && ActivityContext.TryParse(text, null, isRemote: true, out var context)
                && seen.Add(context))
                links.Add(new ActivityLink(context));
        }

        return links;
    }

    // Metadata that cannot be read is no reason to hold a delivery up.
    private static string? TraceParentOf(RecordedEvent e)
    {
        try
        {
            return e.Metadata.TraceParent;
        }
        catch (EventSerializationException)
        {
            return null;
        }
    }
}
