using System.Diagnostics;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>Nodes in this process on one store, each a whole daemon with real shards.</summary>
internal sealed class PlacementNodes(IBenchStore store, int shards) : IAsyncDisposable
{
    // A projection has at most 1,024 slots to divide.
    private const int PartitionsMax = 1000;
    private const int SettleTries = 6000;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly List<TidemarkHost> _nodes = [];

    /// <summary>The nodes that run, in the order they joined.</summary>
    public IReadOnlyList<TidemarkHost> All => _nodes;

    /// <summary>Starts a node.</summary>
    public async Task AddAsync()
    {
        var node = await store.StartHostAsync(daemon: true, Register).ConfigureAwait(false);
        lock (_nodes)
            _nodes.Add(node);
    }

    /// <summary>Drains and stops the node that joined first.</summary>
    public async Task RemoveOldestAsync()
    {
        var node = _nodes[0];
        _nodes.RemoveAt(0);
        await node.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Waits until every shard runs on some node, evenly, and none on two; returns how long that took.</summary>
    public async Task<TimeSpan> SettleAsync()
    {
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Poll);
        for (var tries = 0; tries < SettleTries; tries++)
        {
            int[] running = [.. _nodes.Select(Running)];
            if (running.Sum() == shards && running.Max() - running.Min() <= 1)
                return Stopwatch.GetElapsedTime(started);
            await timer.WaitForNextTickAsync().ConfigureAwait(false);
        }

        throw new TimeoutException($"The shards did not settle: {string.Join(", ", _nodes.Select(Running))} run on the nodes.");
    }

    /// <summary>How often shards were claimed so far: each claim raises an epoch by one.</summary>
    public async Task<long> ClaimsAsync()
    {
        var view = await _nodes[0].Database.Storage.Leases.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        return view.Shards.Where(l => l.State == LeaseState.Wanted).Sum(l => l.Epoch.Value);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync().ConfigureAwait(false);
    }

    private static int Running(TidemarkHost node) => node.Daemon.Status().Shards.Count(s => s.State is ShardState.Live);

    private void Register(TidemarkBuilder builder)
    {
        builder.AddOrders();
        var left = shards;
        for (var number = 0; left > 0; number++)
        {
            var partitions = Math.Min(left, PartitionsMax);
            builder.AddProjection(new OrderTotals(CatchUp.Name("placed", number), partitions));
            left -= partitions;
        }
    }
}
