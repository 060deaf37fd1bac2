using Tidemark.Delivery;

namespace Flights.Serving;

/// <summary>The subscription that a subscriber in another process follows: what both sides have to agree on.</summary>
internal static class LateArrivals
{
    /// <summary>Its name.</summary>
    public const string Name = "late-arrivals";

    /// <summary>The stored name of the events that are followed.</summary>
    public const string Arrived = "flight-arrived";

    /// <summary>The stored name of the events that say how far the import is.</summary>
    public const string Imported = "import-advanced";

    /// <summary>The port of the server when nobody chooses one.</summary>
    public const int PortDefault = 5290;

    /// <summary>The path of the delivery endpoint.</summary>
    public const string Path = "/tidemark/delivery";

    /// <summary>
    /// Its definition. It has one partition, so events come in the order of the log: an entry of the import comes after the flights that it
    /// counts.
    /// </summary>
    public static SubscriptionDefinition Definition { get; } = new()
    {
        Name = Name,
        Kind = SubscriptionKind.Remote,
        Types = [Arrived, Imported],
        KeepsOwnToken = true,
        // Smaller than the default: the subscriber has more moments to be killed at.
        Policy = new DeliveryPolicy { BatchEventsMax = 100 },
    };

    /// <summary>Where a subscriber on this machine connects to.</summary>
    public static Uri AddressOf(int port) => new($"ws://127.0.0.1:{port}{Path}");
}
