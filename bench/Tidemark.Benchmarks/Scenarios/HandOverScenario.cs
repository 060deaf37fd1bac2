using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Events;
using Tidemark.Hosting;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>
/// A live shard with an append each 20 ms goes back and forth between two nodes of this process, each time by draining the one that has it.
/// The delay of an event ends when its effect is seen in the stored checkpoint, which is looked at about every 2 ms.
/// </summary>
internal static class HandOverScenario
{
    private const string Name = "hand-over";
    private const string Projection = "p0_handed";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);

    public static Command MakeCommand()
    {
        var store = CommonOptions.Store();
        var postgres = CommonOptions.Postgres();
        var moves = CommonOptions.Number("--moves", 10, "How often the shard is moved.");
        var command = new Command(Name, "Delay of events while a live shard moves to another node.") { store, postgres, moves };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(store)!, parsed.GetValue(postgres), parsed.GetValue(moves)));
        return command;
    }

    private static async Task RunAsync(string kind, string? postgres, int moves)
    {
        var store = await BenchStores.OpenAsync(kind, postgres).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var one = await StartAsync(store, "one").ConfigureAwait(false);
            await using (one.ConfigureAwait(false))
            {
                var two = await StartAsync(store, "two").ConfigureAwait(false);
                await using (two.ConfigureAwait(false))
                    await MeasureAsync(store, [one, two], moves).ConfigureAwait(false);
            }
        }
    }

    private static Task<TidemarkHost> StartAsync(IBenchStore store, string name) => store.StartHostAsync(daemon: true, builder =>
    {
        builder.AddOrders().AddProjection(new OrderTotals(Projection));
        builder.Configure(options => options.Node.Name = name);
    });

    private static async Task MeasureAsync(IBenchStore store, TidemarkHost[] nodes, int moves)
    {
        var appender = await store.StartHostAsync(daemon: false, builder => builder.AddOrders()).ConfigureAwait(false);
        await using (appender.ConfigureAwait(false))
        {
            using var stop = new CancellationTokenSource();
            var load = new Load(appender);
            var running = load.RunAsync(stop.Token);
            await Task.Delay(AppliedLatency.WarmUp).ConfigureAwait(false);
            var warm = load.Begin();
            await Task.Delay(2 * Calm).ConfigureAwait(false);
            var calm = load.Begin();
            var commands = new Histogram();
            for (var i = 0; i < moves; i++)
            {
                var from = nodes.First(n => n.Daemon.Status().Shards.Count > 0);
                var name = from == nodes[0] ? "one" : "two";
                var started = Stopwatch.GetTimestamp();
                await appender.Control.DrainAsync(name).ConfigureAwait(false);
                commands.Add(Stopwatch.GetElapsedTime(started));
                await Task.Delay(Calm).ConfigureAwait(false);
                await appender.Control.UndrainAsync(name).ConfigureAwait(false);
            }

            var moving = load.Begin();
            await stop.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
            Report.Say($"warm-up: p99 {warm.Percentile(0.99):F1} ms");
            new Report(Name).Set("store", store.Kind).Set("moves", moves).Set("appends_per_second", 1 / Pace.TotalSeconds)
                .Percentiles(moving).Percentiles(calm, "calm_").Percentiles(commands, "drain_command_").Print();
        }
    }

    /// <summary>Appends at a steady pace, and watches the checkpoint.</summary>
    private sealed class Load(TidemarkHost host)
    {
        private readonly ConcurrentQueue<(Position Position, long Called)> _waiting = new();
        private readonly Lock _gate = new();
        private Histogram _delays = new();
        private int _next;

        /// <summary>Measures anew; returns what was measured since the last call.</summary>
        public Histogram Begin()
        {
            lock (_gate)
            {
                var former = _delays;
                _delays = new Histogram();
                return former;
            }
        }

        public Task RunAsync(CancellationToken stop) => Task.WhenAll(
            Task.Run(() => AppendAsync(stop), CancellationToken.None), Task.Run(() => WatchAsync(stop), CancellationToken.None));

        private async Task AppendAsync(CancellationToken stop)
        {
            using var timer = new PeriodicTimer(Pace);
            while (!stop.IsCancellationRequested)
            {
                await timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false);
                var stream = _next++ % Orders.Streams;
                object[] events = [Orders.Event(1, stream)];
                var called = Stopwatch.GetTimestamp();
                var result = await host.Store.AppendAsync(
                    Orders.Stream(stream), ExpectedVersion.NoStream, events, CancellationToken.None).ConfigureAwait(false);
                _waiting.Enqueue((result.Last, called));
            }
        }

        private async Task WatchAsync(CancellationToken stop)
        {
            using var timer = new PeriodicTimer(Look);
            while (!stop.IsCancellationRequested)
            {
                await timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false);
                var stored = await host.Database.Storage.Checkpoints.ReadAllAsync(CancellationToken.None).ConfigureAwait(false);
                var reached = stored.Where(c => c.Shard.Projection == Projection).Select(c => c.Position).FirstOrDefault();
                var now = Stopwatch.GetTimestamp();
                while (_waiting.TryPeek(out var first) && first.Position <= reached && _waiting.TryDequeue(out _))
                {
                    lock (_gate)
                        _delays.Add(Stopwatch.GetElapsedTime(first.Called, now));
                }
            }
        }
    }
}
