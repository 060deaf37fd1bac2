using System.Runtime.InteropServices;
using Tidemark.Hosting;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;

// A node: runs the bank's projections and, if told so, appends. Lines on standard output: "ready", "ack ...", and "shard NAME STATE
// CATEGORY" at each change.
// SIGTERM drains and ends it; everything else a test does to it is a fault.
NodeOptions options = NodeOptions.Parse(args);
using var stop = new CancellationTokenSource();
using var registration = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    stop.Cancel();
});

await using (TidemarkHost host = await TidemarkHost.StartAsync(tide => options.Store.Use(tide).BankEvents().BankProjections()
    .Configure(o =>
    {
        o.Shards.Pause = TimeSpan.FromMilliseconds(options.PauseMilliseconds);
        o.Shards.PauseMax = o.Shards.Pause * 2;
    })))
{
    Console.WriteLine("ready");
    await Task.WhenAll(new AppendLoad(host.Store, options).RunAsync(stop.Token), ShardReport.RunAsync(host.Daemon, stop.Token));
}

Console.WriteLine("drained");
return 0;
