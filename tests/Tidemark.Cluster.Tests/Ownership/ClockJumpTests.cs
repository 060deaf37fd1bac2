using Microsoft.Extensions.DependencyInjection;
using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Faults;
using Tidemark.Cluster.Tests.Outages;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>
/// Hosts whose time of day is set forward or back by hours, under load. The nodes are in this process, each with a clock that jumps.
/// </summary>
public sealed class ClockJumpTests
{
    private const int Partitions = 2;
    private static readonly int Shards = Partitions * BankSetup.ProjectionNames.Length;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan TimeToLive = TimeSpan.FromMilliseconds(2_500);

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public async Task Host_whose_clock_jumps_keeps_its_shards_and_goes_on_ticking(int hours)
    {
        Assert.SkipWhen(PostgreSqlStore.Missing is not null, PostgreSqlStore.Missing ?? "");
        await using ClusterStore store = await PostgreSqlStore.CreateAsync();
        var clock = new HostClock();
        await using TidemarkHost steady = await StartAsync(store.Choice, "steady", new HostClock());
        await using TidemarkHost jumping = await StartAsync(store.Choice, "jumping", clock);
        await SharedAsync(steady, nodes: 2);
        Sight before = await LookAsync(steady);

        clock.Jump(TimeSpan.FromHours(hours));
        await BeatsOnAsync(steady, nodes: 2);
        await WorkAsync(steady, jumping);

        Sight after = await LookAsync(steady);
        after.Wanted.Select(l => (l.Shard, l.Owner, l.Epoch)).ShouldBe(before.Wanted.Select(l => (l.Shard, l.Owner, l.Epoch)));
        await ReadModelAudit.CheckAsync(store, steady);
    }

    // The clock of the host is the clock of the file: for a moment the nodes may take each other for dead.
    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public async Task Nodes_on_a_file_share_the_shards_again_after_the_clock_of_their_host_jumped(int hours)
    {
        await using ClusterStore store = await SqliteStore.CreateAsync();
        var clock = new HostClock();
        await using TidemarkHost one = await StartAsync(store.Choice, "one", clock);
        await using TidemarkHost two = await StartAsync(store.Choice, "two", clock);
        await SharedAsync(one, nodes: 2);

        clock.Jump(TimeSpan.FromHours(hours));
        await WorkAsync(one, two);
        await BeatsOnAsync(one, nodes: 2);
        await SharedAsync(one, nodes: 2);
        await WorkAsync(one, two);

        await ReadModelAudit.CheckAsync(store, one);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public async Task Stale_owner_whose_clock_jumped_writes_nothing(int hours)
    {
        Assert.SkipWhen(PostgreSqlStore.Missing is not null, PostgreSqlStore.Missing ?? "");
        await using ClusterStore store = await PostgreSqlStore.CreateAsync();
        await using var line = new Staller(store.Choice.Target);
        var clock = new HostClock();
        await using TidemarkHost stale = await StartAsync(store.Choice with { Target = line.ConnectionString }, "stale", clock);
        await SharedAsync(stale, nodes: 1);
        await using TidemarkHost outside = await store.StartAsync();
        await using var watch = new CheckpointWatch(store);
        using Load load = Load.Start(outside.Store, Chance.NewSeed(), writers: 2, pauseMilliseconds: 2);
        await load.ProgressAsync(50);
        var epochs = (await LookAsync(outside)).Wanted.ToDictionary(l => l.Shard, l => l.Epoch.Value);

        line.Stall();
        clock.Jump(TimeSpan.FromHours(hours));
        await using TidemarkHost next = await StartAsync(store.Choice, "next", new HostClock());
        await Eventually.TrueAsync(
            async () => (await LookAsync(outside)).Wanted.All(l => l.Epoch.Value > epochs[l.Shard]),
            () => "another node has taken every shard");
        await load.ProgressAsync(50);
        line.GoOn();
        await SharedAsync(outside, nodes: 2);
        await load.ProgressAsync(50);

        await load.EndAsync();
        await watch.CheckAsync();
        await ReadModelAudit.CheckAsync(store, next);
        LogAudit.CheckAcknowledged(await LogAudit.ReadAsync(store), load.Acknowledged);
    }

    private static Task<TidemarkHost> StartAsync(StoreChoice at, string name, HostClock clock) => ClusterStore.StartAsync(at, tide =>
    {
        tide.Services.AddSingleton<TimeProvider>(clock);
        tide.BankProjections(Partitions).Configure(options =>
        {
            (options.Node.Name, options.Node.Tick, options.Node.TimeToLive) = (name, Tick, TimeToLive);
            options.Shards.IdleProgressInterval = TimeSpan.FromMilliseconds(100);
        });
    });

    private static async Task<Sight> LookAsync(TidemarkHost host) =>
        new(await host.Database.Storage.Leases.ReadAsync(TestContext.Current.CancellationToken));

    private static Task SharedAsync(TidemarkHost host, int nodes) => Eventually.TrueAsync(
        async () => await LookAsync(host) is var sight && sight.Alive.Count == nodes && sight.IsEven(Shards),
        () => $"{nodes} nodes share {Shards} shards");

    // Every node has beaten twice from here on.
    private static async Task BeatsOnAsync(TidemarkHost host, int nodes)
    {
        for (int i = 0; i < 2; i++)
        {
            var before = (await LookAsync(host)).Nodes.ToDictionary(n => n.Id, n => n.ExpiresAt);
            await Eventually.TrueAsync(
                async () => (await LookAsync(host)).Nodes.Count(n => n.ExpiresAt > before.GetValueOrDefault(n.Id)) == nodes,
                () => "every node goes on beating");
        }
    }

    private static async Task WorkAsync(params TidemarkHost[] hosts)
    {
        var random = new Random(Chance.NewSeed());
        for (int i = 0; i < 100; i++)
        {
            await hosts[i % hosts.Length].Store.AppendAsync(
                $"account-{random.Next(20)}", ExpectedVersion.Any, [BankSetup.RandomEvent(random)]);
        }

        foreach (TidemarkHost host in hosts)
            await host.Daemon.WaitForCaughtUpAsync(Eventually.Patience);
    }
}
