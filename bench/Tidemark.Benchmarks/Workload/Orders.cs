using System.Text.Json;
using Tidemark.Events;
using Tidemark.Hosting;

namespace Tidemark.Benchmarks.Workload;

/// <summary>The events of the benchmarks: 20,000 orders, events of about 290 bytes. Every fifth event of an order is a payment.</summary>
internal static class Orders
{
    public const int Streams = 20_000;
    public const string LineAddedName = "line-added";
    public const string PaymentReceivedName = "payment-received";

    /// <summary>Each event of an order whose number this divides is a payment.</summary>
    public const int PaymentEvery = 5;

    private const int PoolSize = 1000;

    private static readonly StreamId[] Ids = [.. Enumerable.Range(0, Streams).Select(i => new StreamId($"order-{i:D5}"))];
    private static readonly object[] Pool = [.. Enumerable.Range(0, PoolSize).Select(Make)];
    private static readonly byte[][] Encoded = [.. Pool.Select(e =>
        JsonSerializer.SerializeToUtf8Bytes(e, e.GetType(), OrderJson.Default))];

    public static StreamId Stream(int number) => Ids[number];

    /// <summary>An event of a stream; the same arguments give the same event.</summary>
    public static object Event(long version, int salt) => Pool[Index(version, salt)];

    /// <summary>The event's JSON.</summary>
    public static byte[] Json(long version, int salt) => Encoded[Index(version, salt)];

    /// <summary>The event's stored type name.</summary>
    public static string TypeName(long version) => version % PaymentEvery == 0 ? PaymentReceivedName : LineAddedName;

    /// <summary>The mean size of an event's JSON, in bytes.</summary>
    public static double MeanBytes() => Encoded.Average(e => e.Length);

    /// <summary>Decodes an event as the limits do: source-generated JSON, chosen by the type's name.</summary>
    public static object Decode(string typeName, ReadOnlySpan<byte> json) => typeName == LineAddedName
        ? JsonSerializer.Deserialize(json, OrderJson.Default.LineAdded)!
        : JsonSerializer.Deserialize(json, OrderJson.Default.PaymentReceived)!;

    /// <summary>Registers the event types.</summary>
    public static TidemarkBuilder AddOrders(this TidemarkBuilder builder) => builder
        .Json(OrderJson.Default)
        .Events(events => events.Add<LineAdded>(LineAddedName).Add<PaymentReceived>(PaymentReceivedName));

    private static int Index(long version, int salt)
    {
        var group = (int)((uint)(salt + (version / PaymentEvery)) % (PoolSize / PaymentEvery));
        return (group * PaymentEvery) + (int)(version % PaymentEvery);
    }

    private static object Make(int number)
    {
        var at = new DateTimeOffset(2026, 1, 1, 8, 0, 0, TimeSpan.Zero).AddSeconds(number * 37);
        if (number % PaymentEvery == 0)
        {
            return new PaymentReceived(
                $"order-{number:D5}", $"pay-{number * 7919:D9}", 10 + (number % 400) + 0.25m, "EUR", "bank transfer",
                    "First Bank of the Northern Coast",
                $"invoice {number * 31:D7} of 2026", "Paid in full, with thanks; please send the receipt by mail", at);
        }

        return new LineAdded(
            $"order-{number:D5}", number % 9, $"sku-{number * 104729 % 100000:D5}", "Walking boots, waterproof, brown leather, with " +
            "spare laces", 1 + (number % 5),
            19 + (number % 90) + 0.95m, "EUR", "warehouse-north-03", at, $"customer-{number * 15485863L % 1000000:D6}@orders.example");
    }
}
