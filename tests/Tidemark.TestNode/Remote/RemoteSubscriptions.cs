using Tidemark.Delivery;

namespace Tidemark.TestNode.Remote;

/// <summary>Two subscriptions of the same events: of one the store keeps the tokens, of the other its consumer does.</summary>
public static class RemoteSubscriptions
{
    /// <summary>The one whose tokens the store keeps.</summary>
    public const string Stored = "remote-stored";

    /// <summary>The one whose tokens its consumer keeps with its effects.</summary>
    public const string Own = "remote-own";

    /// <summary>How many events may be in flight in each partition, and so come again when somebody dies.</summary>
    public const int BatchEventsMax = 20;

    /// <summary>Into how many partitions each is divided.</summary>
    public const int Partitions = 2;

    /// <summary>The path of the delivery endpoint.</summary>
    public const string Path = "/delivery";

    /// <summary>Makes both.</summary>
    public static async Task CreateAsync(SubscriptionDirectory subscriptions)
    {
        foreach (string name in (string[])[Stored, Own])
        {
            await subscriptions.CreateAsync(new SubscriptionDefinition
            {
                Name = name,
                Kind = SubscriptionKind.Remote,
                KeepsOwnToken = name == Own,
                Partitions = Partitions,
                Policy = new() { BatchEventsMax = BatchEventsMax, RetryMin = TimeSpan.FromMilliseconds(50) },
            });
        }
    }

    /// <summary>Where consumers connect to.</summary>
    public static Uri AddressOf(int port) => new($"ws://127.0.0.1:{port}{Path}");
}
