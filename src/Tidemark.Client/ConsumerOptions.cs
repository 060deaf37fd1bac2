using System.Net.WebSockets;
using Tidemark.Protocol;

namespace Tidemark.Client;

/// <summary>What a consumer connects to, and how much it takes.</summary>
public sealed record ConsumerOptions
{
    /// <summary>The address of the delivery endpoint, <c>wss</c> or <c>ws</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>The name of the subscription.</summary>
    public required string Subscription { get; init; }

    /// <summary>
    /// A name of this consumer among those of the subscription, the same after a restart. A newer connection with it replaces the older
    /// one.
    /// </summary>
    public required string Member { get; init; }

    /// <summary>How many events may be delivered and not answered, over all partitions. 1,000 by default; 1 or more.</summary>
    public int CreditEvents { get; init; } = 1_000;

    /// <summary>The same in bytes. 4 MiB by default; 1 or more.</summary>
    public long CreditBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The only tenant whose events are wanted; null for what the subscription says.</summary>
    public string? Tenant { get; init; }

    /// <summary>The largest frame that is taken, in bytes. 64 MiB by default.</summary>
    public int FrameBytesMax { get; init; } = DeliveryProtocol.ServerFrameBytesMax;

    /// <summary>The wait before connecting again; it doubles with each failure. 100 ms by default.</summary>
    public TimeSpan ReconnectMin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait before connecting again. 30 s by default.</summary>
    public TimeSpan ReconnectMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Changes each connection before it is made: headers with access tokens, certificates, a proxy.</summary>
    public Action<ClientWebSocketOptions>? Configure { get; init; }

    /// <summary>
    /// Called when everything of a partition up to a position of the log is processed: once after it began or fell behind, not after every
    /// delivery. Calls come one at a time; it returns at once.
    /// </summary>
    public Action<ConsumerPartition, long>? CaughtUp { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal void Check()
    {
        if (!Url.IsAbsoluteUri || Url.Scheme is not ("ws" or "wss"))
            throw new ArgumentException($"Url is '{Url}'; it must be an absolute ws or wss address.");
        if (Subscription.Length is 0 or > DeliveryProtocol.NameCharactersMax)
            throw new ArgumentException($"Subscription has {Subscription.Length} characters; it must have 1 to 200.");
        if (Member.Length is 0 or > DeliveryProtocol.NameCharactersMax)
            throw new ArgumentException($"Member has {Member.Length} characters; it must have 1 to 200.");
        if (CreditEvents < 1 || CreditBytes < 1)
            throw new ArgumentException($"CreditEvents is {CreditEvents} and CreditBytes {CreditBytes}; they must be at least 1.");
        if (FrameBytesMax < 1024)
            throw new ArgumentException($"FrameBytesMax is {FrameBytesMax}; it must be at least 1,024.");
        if (ReconnectMin <= TimeSpan.Zero || ReconnectMax < ReconnectMin)
            throw new ArgumentException($"ReconnectMin is {ReconnectMin} and ReconnectMax {ReconnectMax}; they must ascend from above 0.");
    }
}
