using System.CommandLine;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Delivery;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>Consumers that do nothing catch up with a full log, and then follow an append each 20 ms.</summary>
internal static class DeliveryScenario
{
    public const string InProcess = "in-process";
    public const string WebSocket = "websocket";

    public static Command MakeCommand()
    {
        var store = CommonOptions.Store();
        var postgres = CommonOptions.Postgres();
        var transport = new Option<string>("--transport")
        {
            Description = "in-process: consumers in the process of the daemon. websocket: consumers on connections over loopback.",
            DefaultValueFactory = _ => InProcess,
        };
        transport.AcceptOnlyFromAmong(InProcess, WebSocket);
        var subscriptions = CommonOptions.Number("--subscriptions", 1, "In the process: how many subscriptions, with a consumer each.");
        var consumers = CommonOptions.Number(
            "--consumers", 1, "Over WebSocket: how many consumers compete for the events of one subscription, with a partition each.");
        var batch = CommonOptions.Number("--batch", new DeliveryPolicy().BatchEventsMax, "The most events of one delivery.");
        var events = CommonOptions.Number("--events", 200_000, "How many events the log holds.");
        var rounds = CommonOptions.Number("--rounds", 2, "How many rounds; the best of each side counts.");
        var seconds = CommonOptions.Number("--seconds", 15, "How long the latency is measured.");
        var hanging = new Option<bool>("--hanging")
        {
            Description = "In the process: measures the latency a second time, while the consumer of one subscription hangs.",
        };
        var rewind = new Option<bool>("--rewind")
        {
            Description = "In the process, instead of the rest: a subscription that is live is rewound to the beginning.",
        };
        var command = new Command("delivery", "Subscriptions catch up, and follow.")
        {
            store, postgres, transport, subscriptions, consumers, batch, events, rounds, seconds, hanging, rewind,
        };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(transport)!, parsed.GetValue(rewind), new DeliverySettings(
            parsed.GetValue(store)!, parsed.GetValue(postgres), parsed.GetValue(subscriptions), parsed.GetValue(consumers),
            parsed.GetValue(batch), parsed.GetValue(events), parsed.GetValue(rounds), parsed.GetValue(seconds),
            parsed.GetValue(hanging))));
        return command;
    }

    private static async Task RunAsync(string transport, bool rewind, DeliverySettings settings)
    {
        var store = await BenchStores.OpenAsync(settings.Store, settings.Postgres).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            await FullLog.LoadAsync(store, settings.Events, EventOrder.Interleaved).ConfigureAwait(false);
            var running = rewind ? new RewoundDelivery(store, settings).RunAsync()
                : transport == InProcess ? new InProcessDelivery(store, settings).RunAsync()
                : new RemoteDelivery(store, settings).RunAsync();
            await running.ConfigureAwait(false);
        }
    }
}
