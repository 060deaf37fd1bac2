using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Outages;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Leases;
using Node = Tidemark.Cluster.Tests.Nodes.Node;

namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>Kills, freezes, restarts and moves at random over three nodes under load.</summary>
public abstract class TortureTests<TStore>
    where TStore : IClusterStoreKind
{
    private const int FaultsInSuite = 20;
    private const int FaultsInSoak = 200;

    [Fact]
    [Trait(Soak.Name, Soak.Yes)]
    public async Task Random_kills_freezes_restarts_and_moves_lose_nothing_and_apply_nothing_twice()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        int seed = Chance.NewSeed();
        await using ClusterStore store = await TStore.CreateAsync();
        await using Fleet fleet = await Fleet.StartAsync(store, Pace.Quick, nodes: 3);
        await using var watch = new CheckpointWatch(store);
        using var load = Load.Start(fleet.Outside.Store, seed, writers: 2, pauseMilliseconds: 5);
        await load.ProgressAsync(50);

        var torture = new Torture(fleet, new Random(seed));
        long started = TimeProvider.System.GetTimestamp();
        for (int i = 0; i < Soak.Times(FaultsInSuite, FaultsInSoak); i++)
            await torture.StrikeAsync();
        Chance.Say($"{torture} in {TimeProvider.System.GetElapsedTime(started)}");
        torture.WakeAll();

        await load.ProgressAsync(10);
        await fleet.EvenAsync(3);
        await load.EndAsync();
        await fleet.CaughtUpAsync(load.Acknowledged.MaxBy(a => a.First.Value)!.First);
        await watch.CheckAsync();
        await fleet.EndAsync();
        torture.CheckExits();
        await fleet.AuditAsync(load);
    }

    /// <summary>The three places of nodes, and what befalls them.</summary>
    private sealed class Torture(Fleet fleet, Random random)
    {
        private readonly Node[] _nodes = [.. fleet.Nodes];
        private readonly List<Node> _restarted = [];
        private readonly HashSet<Node> _frozen = [];
        private (int Kills, int Freezes, int Restarts, int Moves) _done;

        /// <summary>One fault. A frozen node wakes when it is its turn again, or dies, if that is its lot.</summary>
        public async Task StrikeAsync()
        {
            int place = random.Next(_nodes.Length);
            Node node = _nodes[place];
            switch (random.Next(10))
            {
                case < 4:
                    await node.Process.Kill9();
                    _frozen.Remove(node);
                    _nodes[place] = await fleet.AddAsync();
                    _done.Kills++;
                    break;
                case < 7 when _frozen.Add(node):
                    await node.Process.StopAsync();
                    _done.Freezes++;
                    break;
                case < 9:
                    Wake(node);
                    if (node.Process.Output.Snapshot().Contains("ready"))
                        _restarted.Add(node);
                    node.Process.Terminate();
                    _nodes[place] = await fleet.AddAsync();
                    _done.Restarts++;
                    break;
                default:
                    Wake(node);
                    await MoveAsync();
                    _done.Moves++;
                    break;
            }

            await Chance.PassAsync(random, 50, 1600);
        }

        public void WakeAll()
        {
            foreach (Node node in _nodes)
                Wake(node);
        }

        /// <summary>Who was asked to end, and had started, ended in order.</summary>
        public void CheckExits()
        {
            foreach (Node node in _restarted)
                node.Process.Output.Snapshot().ShouldContain("drained", node.Process.Output.Tail());
        }

        public override string ToString() =>
            $"{_done.Kills} kills, {_done.Freezes} freezes, {_done.Restarts} restarts, {_done.Moves} moves";

        private void Wake(Node node)
        {
            node.Process.Continue();
            _frozen.Remove(node);
        }

        // An operator's wish, soon taken back so that the shards are even again.
        private async Task MoveAsync()
        {
            Sight seen = await fleet.LookAsync();
            if (seen.Alive.Count == 0 || seen.Wanted.Count == 0)
                return;
            ShardName shard = seen.Wanted[random.Next(seen.Wanted.Count)].Shard;
            Guid target = seen.Alive.ElementAt(random.Next(seen.Alive.Count)).Id;
            await PinAsync(shard, target);
            await Chance.PassAsync(random, 50, 300);
            await PinAsync(shard, null);
        }

        // A frozen node may hold a lock that this waits for.
        private async Task PinAsync(ShardName shard, Guid? node)
        {
            Task<bool> pinned = fleet.Outside.Database.Storage.Leases.ChangeAsync(
                new LeaseChange { Pin = [KeyValuePair.Create(shard, node)] }, TestContext.Current.CancellationToken).AsTask();
            if (await Task.WhenAny(pinned, Task.Delay(TimeSpan.FromSeconds(1.5))) != pinned)
                WakeAll();
            (await pinned).ShouldBeTrue();
        }
    }
}

public sealed class TortureTestsOnPostgreSql : TortureTests<PostgreSqlStore>;

public sealed class TortureTestsOnSqlite : TortureTests<SqliteStore>;
