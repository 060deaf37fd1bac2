using System.Diagnostics;
using Flights.Import;
using Flights.Stores;
using Flights.Terminal;
using Spectre.Console;
using Tidemark.Control;

namespace Flights.Nodes;

/// <summary>
/// The sample on several nodes: this process appends, the nodes project. One of them is killed and started again while it goes on.
/// </summary>
internal sealed class NodesShow(IAnsiConsole console, TimeProvider time)
{
    /// <summary>The boards of the airports are kept by this many shards, so that several nodes can work on them.</summary>
    public const int BoardPartitions = 4;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan StepMax = TimeSpan.FromSeconds(60);

    private readonly ClusterBoard _board = new(console, time);
    private readonly List<WorkerProcess> _workers = [];

    /// <summary>
    /// Imports the flights, runs the show meanwhile, and returns once every projection has caught up and the nodes have ended.
    /// </summary>
    public async Task RunAsync(
        IFlightsPlace place, FlightsStore store, FlightImport import, int nodes, CancellationToken cancellationToken)
    {
        try
        {
            await _board.ShowAsync(() => PlayAsync(place, store, import, nodes, cancellationToken));
        }
        finally
        {
            await Task.WhenAll(_workers.Select(w => w.DisposeAsync().AsTask()));
        }
    }

    private async Task PlayAsync(
        IFlightsPlace place, FlightsStore store, FlightImport import, int nodes, CancellationToken cancellationToken)
    {
        _board.Say($"Starting {nodes} nodes, each a process of its own.");
        for (var n = 1; n <= nodes; n++)
            _workers.Add(WorkerProcess.Start($"node-{n}", place));
        _board.Keep(await UntilAsync(store, s => AreSettled(s, nodes), "take all shards", cancellationToken));

        _board.Say($"Appending the events of {import.Total:N0} flights; the nodes project them.");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var appending = Task.Run(() => import.RunAsync(stop.Token), CancellationToken.None);
        try
        {
            await UntilAsync(store, _ => appending.IsCompleted || import.Done >= import.Total / 3, "follow", cancellationToken);
            await LoseOneAsync(place, store, nodes, cancellationToken);
            await appending;
        }
        finally
        {
            await stop.CancelAsync();
            await appending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _board.Say("Everything is appended; the nodes catch up.");
        var last = (await store.Control.ReadStatusAsync(cancellationToken)).Last;
        _board.Keep(await UntilAsync(store, s => s.Shards.All(shard => shard.Position >= last), "catch up", cancellationToken));
    }

    private async Task LoseOneAsync(IFlightsPlace place, FlightsStore store, int nodes, CancellationToken cancellationToken)
    {
        var victim = _workers[1];
        var before = await store.Control.ReadStatusAsync(cancellationToken);
        _board.Say($"Killing {victim.Name} (SIGKILL) with its {before.Shards.Count(s => s.Owner == victim.Name)} shards.");
        var watch = Stopwatch.StartNew();
        _workers.Remove(victim);
        await using (victim)
            await victim.KillAsync();
        var without = await UntilAsync(store, s => AreSettled(s, nodes - 1), "take the shards of the one that died", cancellationToken);
        _board.Say($"The other nodes run them {watch.Elapsed.TotalSeconds:N1} s later.");
        _board.Keep(without);

        _board.Say($"Starting {victim.Name} again.");
        watch.Restart();
        _workers.Insert(1, WorkerProcess.Start(victim.Name, place));
        var with = await UntilAsync(store, s => AreSettled(s, nodes), "share with the one that came back", cancellationToken);
        _board.Say($"It has its part again {watch.Elapsed.TotalSeconds:N1} s later.");
        _board.Keep(with);
    }

    // As many nodes as there should be, and each shard runs where it belongs.
    private static bool AreSettled(ClusterStatus status, int nodes) =>
        status.Nodes.Count(n => n.State == ClusterNode.Active) == nodes
        && status.Shards.Count >= nodes
        && status.Shards.All(s => s.State == ClusterShard.Running)
        && status.Shards.Select(s => s.OwnerId).Distinct().Count() == nodes;

    private async Task<ClusterStatus> UntilAsync(
        FlightsStore store, Func<ClusterStatus, bool> isReached, string what, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var status = await store.Control.ReadStatusAsync(cancellationToken);
            _board.Update(status);
            if (isReached(status))
                return status;
            _workers.ForEach(w => w.CheckAlive());
            if (watch.Elapsed > StepMax)
            {
                var waiting = status.Shards.Where(s => s.State != ClusterShard.Running).Select(s => $"{s.Shard} is {s.State}: {s.Reason}");
                throw new IOException($"After {StepMax.TotalSeconds} s the nodes still do not {what}. {string.Join("; ", waiting)}");
            }

            await Task.Delay(Look, time, cancellationToken);
        }
    }
}
