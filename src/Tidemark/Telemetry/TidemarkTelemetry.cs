using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Tidemark.Telemetry;

/// <summary>
/// The meter and the activity source, both named <c>Tidemark</c>. docs/telemetry.md lists every instrument; a test compares.
/// </summary>
public static class TidemarkTelemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Tidemark";

    internal static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    internal static readonly Counter<long> EventsAppended =
        Meter.CreateCounter<long>("tidemark.log.events.appended", "{event}", "Events stored by this process.");

    internal static readonly Counter<long> Conflicts =
        Meter.CreateCounter<long>("tidemark.log.conflicts", "{append}", "Appends refused because the stream was at another version.");

    internal static readonly Histogram<double> AppendDuration =
        Meter.CreateHistogram<double>("tidemark.log.append.duration", "s", "From the call of an append to its durable commit.");

    internal static readonly Counter<long> EventsRead =
        Meter.CreateCounter<long>("tidemark.pulling.events.read", "{event}", "Events read from the log for the shards of this node.");

    internal static readonly Counter<long> CacheHits =
        Meter.CreateCounter<long>("tidemark.pulling.cache.hits", "{page}", "Pages that a cursor found in the queue cache.");

    internal static readonly Counter<long> EventsProcessed =
        Meter.CreateCounter<long>("tidemark.shard.events.processed", "{event}", "Events whose effects a shard committed.");

    internal static readonly Histogram<double> CommitDuration =
        Meter.CreateHistogram<double>("tidemark.shard.commit.duration", "s", "Duration of a shard's commits.");

    internal static readonly Counter<long> ShardErrors =
        Meter.CreateCounter<long>("tidemark.shard.errors", "{error}", "Errors that paused a shard.");

    internal static readonly Counter<long> DeadLetters =
        Meter.CreateCounter<long>("tidemark.shard.dead_letters", "{event}", "Events recorded as dead letters.");

    internal static readonly Counter<long> TenantsLeftBehind =
        Meter.CreateCounter<long>("tidemark.shard.tenants_left_behind", "{tenant}", "Times that a shard left a tenant behind.");

    internal static readonly Counter<long> FencedWrites =
        Meter.CreateCounter<long>("tidemark.shard.fenced_writes", "{commit}", "Commits refused by the fence.");

    internal static readonly Counter<long> Deliveries =
        Meter.CreateCounter<long>("tidemark.delivery.batches", "{batch}", "Batches handed to consumers of subscriptions.");

    internal static readonly Counter<long> DeliveryErrors =
        Meter.CreateCounter<long>("tidemark.delivery.errors", "{batch}", "Batches that a consumer failed to process.");

    internal static readonly Counter<long> Retries =
        Meter.CreateCounter<long>("tidemark.delivery.retries", "{attempt}", "Failed attempts at events that were tried again.");

    internal static readonly Histogram<double> DeliveryDelay = Meter.CreateHistogram<double>(
        "tidemark.delivery.delay", "s", "From the recording of a batch's last event to the end of its handling.");

    internal static readonly Counter<long> Handshakes =
        Meter.CreateCounter<long>("tidemark.delivery.handshakes", "{handshake}", "Handshakes with consumers of subscriptions, by result.");

    internal static readonly Histogram<double> HandshakeDuration =
        Meter.CreateHistogram<double>("tidemark.delivery.handshake.duration", "s", "Duration of handshakes with consumers.");

    internal static readonly UpDownCounter<long> Connections = Meter.CreateUpDownCounter<long>(
        "tidemark.delivery.connections", "{connection}", "Consumers that are connected to this process.");

    internal static readonly Counter<long> Drops = Meter.CreateCounter<long>(
        "tidemark.delivery.drops", "{connection}", "Connections of consumers that the server ended, by error.");

    internal static readonly Counter<long> Repositions = Meter.CreateCounter<long>(
        "tidemark.delivery.repositions", "{reposition}", "Consumers that stood elsewhere than they were believed to.");

    internal static readonly Histogram<double> WebhookDuration = Meter.CreateHistogram<double>(
        "tidemark.delivery.webhook.duration", "s", "Duration of calls to the receivers of webhooks, by result.");
}
