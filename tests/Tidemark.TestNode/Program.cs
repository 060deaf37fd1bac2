using System.Globalization;
using System.Runtime.InteropServices;
using Tidemark.Hosting;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;
using Tidemark.TestNode.Remote;

// A node: runs the bank's projections and, if told so, appends and reads. Lines on standard output: "ready", "ack ...", "shard PROJECTION
// STATE CATEGORY" and "run SHARD STATE CATEGORY" at each change, and those of ReadModelWatch and Rebuilds.
// SIGHUP rebuilds every projection, or opens the gate. SIGTERM drains and ends it; everything else a test does to it is a fault.
// The command "consumers" makes it no node, but consumers of one; see RemoteConsumers.
if (args is [RemoteConsumers.Command, { } port, { } ledger])
{
    await RemoteConsumers.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), ledger);
    return 1;
}

NodeOptions options = NodeOptions.Parse(args);
using var stop = new CancellationTokenSource();
using var registration = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    stop.Cancel();
});

using Gate? gate = options.Holds || options.HoldsTally ? new Gate() : null;
await using (NodeHost host = await NodeHost.StartAsync(Configure, options.DeliveryPort))
{
    using Rebuilds? rebuilds = gate is not null ? null : new Rebuilds(host.Daemon);
    Console.WriteLine("ready");
    await Task.WhenAll(
        new AppendLoad(host.Store, options).RunAsync(stop.Token),
        ReadModelWatch.RunAsync(host.Store, options.Readers, stop.Token),
        ShardReport.RunAsync(host.Daemon, stop.Token));
}

Console.WriteLine("drained");
return 0;

void Configure(TidemarkBuilder tide) => options.Store
    .Use(tide, TimeSpan.FromMilliseconds(options.IdleTransactionMilliseconds)).BankEvents()
    .BankProjections(options.Partitions, options.Version, options.Holds ? gate!.Pass : null, new Taster(options.Poison).Taste)
    .BankTally(options.Tallies, options.HoldsTally ? gate!.Pass : null)
    .BankSubscribers(options.Subscribes, Console.WriteLine)
    .Configure(o =>
    {
        o.Node.Tick = TimeSpan.FromMilliseconds(options.TickMilliseconds);
        o.Node.TimeToLive = TimeSpan.FromMilliseconds(options.TimeToLiveMilliseconds);
        o.Shards.IdleProgressInterval = TimeSpan.FromMilliseconds(options.IdleProgressMilliseconds);
        // Under the load of the tests, builds that give way would take minutes.
        o.Shards.RebuildShareMin = 1;
        o.Shards.Pause = TimeSpan.FromMilliseconds(options.PauseMilliseconds);
        o.Shards.PauseMax = o.Shards.Pause * 2;
    });
