using System.Text;
using Tidemark.Checkpoints;
using Tidemark.Delivery;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Storage;

namespace Tidemark.Webhooks.Tests;

/// <summary>Events and what they are handed over with, for tests without a store.</summary>
internal static class Recorded
{
    public static readonly DateTimeOffset At = new(2026, 3, 1, 12, 30, 15, 250, TimeSpan.FromHours(2));

    public static RecordedEvent Event(
        long position = 7, string json = """{"number":7}""", string tenant = "", string? metadata = null, string stream = "note-1",
        Guid? id = null, string type = "noted") => new(
            new Position(position), tenant, new StreamId(stream), new StreamVersion(3), id ?? IdOf(position), type,
            Encoding.UTF8.GetBytes(json), metadata is null ? default : Encoding.UTF8.GetBytes(metadata), At, 1);

    public static Guid IdOf(long position) => new($"00000000-0000-7000-8000-{position:D12}");

    public static Subscription Subscription(Uri url, DeliveryPolicy? policy = null, int incarnation = 1, string? secret = Sender.Secret) =>
        new(
            new() { Name = Sender.Name, Kind = SubscriptionKind.Webhook, Policy = policy ?? Sender.Quick, Webhook = new(url, secret) },
            incarnation, new Dictionary<string, Position>(), At);

    public static ShardName Shard { get; } = new(Sender.Name, 1, SlotRange.All, StorageContext.MainDatabase);

    /// <summary>Hands events over as a shard does.</summary>
    public static async Task<DeliveryAnswer> DeliverAsync(
        this IDeliveryTarget target, CancellationToken cancellationToken, params RecordedEvent[] events)
    {
        var (offered, through) = (HandshakeToken.Start(new(1)), events[^1].Position);
        await target.AskAsync(new HandshakeQuestion(1, offered), cancellationToken);
        var batch = new DeliveryBatch(Shard, offered, HandshakeToken.Delivered(through), events, 1, CancellationToken.None);
        return await target.DeliverAsync(new DeliveryOffer(2, offered, through, through), batch, null, cancellationToken);
    }
}
