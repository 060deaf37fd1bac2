using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Outages;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;
using Node = Tidemark.Cluster.Tests.Nodes.Node;

namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>New generations of read models over several nodes: nobody who reads notices.</summary>
public abstract class GenerationTests<TStore>
    where TStore : IClusterStoreKind
{
    // The journal writes a row per event, each by a statement of its own: that takes long enough to strike midway.
    private const int Events = 12_000;

    private static readonly NodeOptions Options = Pace.Quick with { Partitions = 2, Readers = 1 };

    [Fact]
    public async Task Rebuild_under_load_is_one_for_two_requests_survives_its_builder_and_shows_nobody_a_partial_model()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        int seed = Chance.NewSeed();
        await using ClusterStore store = await TStore.CreateAsync();
        await using Fleet fleet = await Fleet.StartAsync(store, Options, nodes: 3);
        await fleet.FillAsync(Events, seed);
        await using var watch = new CheckpointWatch(store);
        using var load = Load.Start(fleet.Outside.Store, seed, writers: 2, pauseMilliseconds: 10);

        Node[] asked = [.. fleet.Nodes.Take(2)];
        foreach (Node node in asked)
            node.Process.HangUp();
        ShardLease leading = await fleet.MidwayAsync(nameof(Journal), generation: 2);
        Node builder = await OwnerAsync(fleet, leading);
        await builder.Process.Kill9();
        await fleet.SeenAsync(
            s => s.Shards.Any(l => l.Shard == leading.Shard && l.Epoch.Value > leading.Epoch.Value), "another node goes on with the build");

        foreach (Node node in asked.Where(n => n != builder))
        {
            foreach (string projection in BankSetup.ProjectionNames)
                await node.Process.Output.WaitForAsync(line => line == $"rebuilt {projection}", Eventually.Patience);
        }

        (await fleet.GenerationsAsync(nameof(Journal))).Select(g => (g.Generation, g.State)).ShouldBe(
            [(1, GenerationState.Retired), (2, GenerationState.Live)], "Two requests at once are one rebuild.");
        await fleet.EvenAsync(2);
        await load.EndAsync();
        await watch.CheckAsync();
        await EndAsync(fleet, version: 1);
    }

    [Fact]
    public async Task Nodes_of_the_old_version_keep_the_live_model_while_new_ones_build_and_run_nothing_of_it_afterwards()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        int seed = Chance.NewSeed();
        await using ClusterStore store = await TStore.CreateAsync();
        await using Fleet fleet = await Fleet.StartAsync(store, Options, nodes: 1);
        await fleet.FillAsync(1_000, seed);
        Node old = fleet.Nodes[0];
        Node newer = await fleet.AddAsync(fleet.Options with { Version = 2, Holds = true });

        await newer.Process.Output.WaitForAsync(line => line == "held", Eventually.Patience);
        await KeepsAsync(fleet, old);
        newer.Process.HangUp();

        foreach (string projection in BankSetup.ProjectionNames)
        {
            await Eventually.TrueAsync(
                async () => (await fleet.GenerationsAsync(projection)).Any(g => g is { Version: 2, State: GenerationState.Live }),
                () => $"{projection} is live in its new version: {newer.Process.Output.Tail()}");
        }

        await fleet.SeenAsync(
            s => s.AllOwned(fleet.Shards) && s.OwnedBy(newer).Count == fleet.Shards, "the new node owns all that is to run");
        foreach (ShardLease former in (await fleet.LookAsync()).Shards.Where(l => l.Version == 1))
            former.State.ShouldBe(LeaseState.Retired, former.ToString());
        await Eventually.TrueAsync(() => !old.Runs(), () => $"the old node runs nothing: {old.Process.Output.Tail()}");
        var last = await Recovery.AppendAsync(fleet.Outside.Store);
        await fleet.CaughtUpAsync(last.Last);
        await EndAsync(fleet, version: 2);
    }

    // While the new version is being built, what is appended shows in the live model.
    private static async Task KeepsAsync(Fleet fleet, Node old)
    {
        (await fleet.GenerationsAsync(nameof(Balances))).Select(g => (g.Version, g.State)).ShouldBe(
            [(1, GenerationState.Live), (2, GenerationState.Building)]);
        var marker = await Recovery.AppendAsync(fleet.Outside.Store);
        string behind = $"select shard from {fleet.Store.Checkpoints} where shard like 'Balances:g1:%' and position < {marker.Last}";
        await Eventually.TrueAsync(
            async () => (await fleet.Store.QueryAsync(behind)).Count == 0, () => "the old version keeps the live model");
        (await fleet.LookAsync()).OwnedBy(old).Count(l => l.Shard.Projection == nameof(Balances)).ShouldBe(Options.Partitions);
        (await fleet.GenerationsAsync(nameof(Balances)))[^1].State.ShouldBe(GenerationState.Building);
    }

    private static async Task<Node> OwnerAsync(Fleet fleet, ShardLease lease)
    {
        Sight seen = await fleet.LookAsync();
        int process = seen.OwnerOf(seen.Shards.Single(l => l.Shard == lease.Shard))!.ProcessId;
        return fleet.Nodes.Single(n => n.Process.ProcessId == process);
    }

    private static async Task EndAsync(Fleet fleet, int version)
    {
        await fleet.EndAsync();
        foreach (Node node in fleet.Nodes)
            node.Process.Output.Snapshot().ShouldNotContain(line => line.StartsWith("partial ", StringComparison.Ordinal));
        fleet.Nodes.Sum(n => n.Reads()).ShouldBeGreaterThan(50);
        await using TidemarkHost host = await fleet.Store.StartAsync(tide => tide.BankProjections(partitions: 1, version));
        await ReadModelAudit.CheckAsync(fleet.Store, host);
    }
}

public sealed class GenerationTestsOnPostgreSql : GenerationTests<PostgreSqlStore>;

public sealed class GenerationTestsOnSqlite : GenerationTests<SqliteStore>;
