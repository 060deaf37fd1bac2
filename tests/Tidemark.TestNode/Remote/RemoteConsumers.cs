using System.Globalization;
using Tidemark.Client;
using Tidemark.Protocol.Frames;

namespace Tidemark.TestNode.Remote;

/// <summary>
/// Consumers in a process of their own: that of <see cref="RemoteSubscriptions.Stored"/> writes the line of each event, that of
/// <see cref="RemoteSubscriptions.Own"/> stores its effect. They run until they are killed.
/// </summary>
public static class RemoteConsumers
{
    /// <summary>The first word of the command line.</summary>
    public const string Command = "consumers";

    /// <summary>The words for a command line.</summary>
    public static string[] Arguments(int port, string ledger) => [Command, port.ToString(CultureInfo.InvariantCulture), ledger];

    /// <summary>Runs them until one is refused for good.</summary>
    public static async Task RunAsync(int port, string ledgerFile)
    {
        using var ledger = new EffectLedger(ledgerFile);
        await using TidemarkConsumer stored = TidemarkConsumer.Start(OptionsOf(port, RemoteSubscriptions.Stored), (delivery, _) =>
        {
            foreach (WireEvent e in delivery.Events)
                Console.WriteLine(new ConsumedEvent(delivery.Partition.Partition, e.Position, e.Stream, e.Version).ToLine());
            return new(ConsumerOutcome.Done);
        });
        await using TidemarkConsumer own = TidemarkConsumer.Start(
            OptionsOf(port, RemoteSubscriptions.Own), (delivery, _) => new(ledger.Handle(delivery)), ledger);
        Console.WriteLine("ready");
        await await Task.WhenAny(stored.Completion, own.Completion);
    }

    private static ConsumerOptions OptionsOf(int port, string subscription) => new()
    {
        Url = RemoteSubscriptions.AddressOf(port),
        Subscription = subscription,
        Member = "consumer",
        ReconnectMin = TimeSpan.FromMilliseconds(20),
        ReconnectMax = TimeSpan.FromMilliseconds(200),
    };
}
