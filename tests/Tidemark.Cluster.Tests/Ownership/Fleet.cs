using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Outages;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;
using Node = Tidemark.Cluster.Tests.Nodes.Node;

namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>Nodes as processes on one store, and a look from outside at who owns what.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    /// <summary>What a busy machine may take for things that take no time: starting, a round trip, noticing.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromSeconds(4);

    private readonly List<Node> _nodes = [];

    private Fleet(ClusterStore store, NodeOptions options, TidemarkHost outside)
    {
        Store = store;
        Options = options with { Store = store.Choice };
        Outside = outside;
    }

    public ClusterStore Store { get; }

    public NodeOptions Options { get; }

    /// <summary>The store without a daemon: appends, and looks.</summary>
    public TidemarkHost Outside { get; }

    /// <summary>Every node that was ever started.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>How many shards there are.</summary>
    public int Shards => BankSetup.ProjectionNames.Length * Options.Partitions;

    /// <summary>The longest time between two heartbeats: each is up to a tenth late by intent.</summary>
    public TimeSpan Tick => TimeSpan.FromMilliseconds(Options.TickMilliseconds * 1.1);

    public TimeSpan TimeToLive => TimeSpan.FromMilliseconds(Options.TimeToLiveMilliseconds);

    /// <summary>Starts nodes and waits until they share the shards.</summary>
    public static async Task<Fleet> StartAsync(ClusterStore store, NodeOptions options, int nodes)
    {
        var fleet = new Fleet(store, options, await store.StartAsync());
        try
        {
            for (int i = 0; i < nodes; i++)
                await fleet.AddAsync();
            if (nodes > 0)
                await fleet.EvenAsync(nodes);
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a node with other options than the fleet's.</summary>
    public async Task<Node> AddAsync(NodeOptions options)
    {
        Node node = await Node.StartAsync(options);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Starts a node; does not wait for it.</summary>
    public Task<Node> AddAsync() => AddAsync(Options);

    public Task<Sight> LookAsync() => Sight.LookAsync(Outside);

    /// <summary>Waits until what is seen meets a condition, and returns how long that took.</summary>
    public async Task<TimeSpan> SeenAsync(Func<Sight, bool> condition, string what)
    {
        Sight? last = null;
        return await Eventually.TrueAsync(
            async () => condition(last = await LookAsync()), () => $"{what}: {last}\n{string.Join('\n', _nodes.Select(Tail))}");
    }

    /// <summary>Waits until so many nodes live and share the shards evenly; returns how long the roster had been settled.</summary>
    public async Task<TimeSpan> EvenAsync(int nodes)
    {
        await SeenAsync(s => s.Alive.Count == nodes, $"{nodes} nodes are alive");
        return await SeenAsync(s => s.Alive.Count == nodes && s.IsEven(Shards), $"{nodes} nodes share {Shards} shards evenly");
    }

    /// <summary>Waits until every shard has an owner again, none of them one of the lost; returns how long that took.</summary>
    public Task<TimeSpan> OwnedAgainAsync(params Node[] lost)
    {
        int[] gone = [.. lost.Select(n => n.Process.ProcessId)];
        return SeenAsync(
            s => s.AllOwned(Shards) && !s.Wanted.Any(l => gone.Contains(s.OwnerOf(l)!.ProcessId)), "every shard has an owner again");
    }

    /// <summary>Waits until the checkpoints of all shards that are to run have passed a position; returns how long that took.</summary>
    public async Task<TimeSpan> CaughtUpAsync(Position position)
    {
        HashSet<string> behind = [];
        return await Eventually.TrueAsync(
            async () =>
            {
                var wanted = (await LookAsync()).Wanted.Select(l => l.Shard.ToString());
                var passed = (await Store.QueryAsync($"select shard from {Store.Checkpoints} where position >= {position}"))
                    .Select(r => (string)r[0]);
                behind = [.. wanted.Except(passed)];
                return behind.Count == 0;
            },
            () => $"these shards pass {position}: {string.Join(", ", behind)}\n{string.Join('\n', _nodes.Select(Tail))}");
    }

    /// <summary>Appends so many events, and waits until all shards have passed them.</summary>
    public async Task FillAsync(int events, int seed)
    {
        const int batch = 100;
        var random = new Random(seed);
        AppendResult last = null!;
        for (int i = 0; i < events; i += batch)
        {
            object[] some = [.. Enumerable.Range(0, batch).Select(_ => BankSetup.RandomEvent(random))];
            last = await Outside.Store.AppendAsync($"account-{random.Next(20)}", ExpectedVersion.Any, some);
        }

        if (_nodes.Count > 0)
            await CaughtUpAsync(last.Last);
    }

    /// <summary>The generations of a projection, in order.</summary>
    public async Task<IReadOnlyList<ReadModelGeneration>> GenerationsAsync(string projection) =>
    [
        .. (await Outside.Database.Storage.ReadModels.ReadGenerationsAsync(TestContext.Current.CancellationToken))
            .Where(g => g.Projection == projection).OrderBy(g => g.Generation),
    ];

    /// <summary>
    /// Waits until a projection's next generation is being built, and part of it is done; returns the lease of the shard that leads the
    /// build.
    /// </summary>
    public async Task<ShardLease> MidwayAsync(string projection, int generation)
    {
        ShardLease? leading = null;
        await SeenAsync(
            s =>
            {
                leading = s.Wanted.FirstOrDefault(
                    l => l.Shard.Projection == projection && l.Shard.Generation == generation && l.Shard.Slots.First == 0);
                return leading is not null && s.OwnerOf(leading) is not null;
            },
            "the build has an owner");
        string position = $"select position from {Store.Checkpoints} where shard = '{leading!.Shard}'";
        await Eventually.TrueAsync(
            async () => await Store.QueryAsync(position) is [[long and > 0]], () => "a part of the build is done");
        (await GenerationsAsync(projection))[^1].State.ShouldBe(GenerationState.Building);
        return leading;
    }

    /// <summary>Drains and ends all nodes that still run, in order.</summary>
    public async Task EndAsync()
    {
        foreach (Node node in _nodes.Where(n => !n.Process.HasExited))
        {
            node.Process.Continue();
            node.Process.Terminate();
        }

        foreach (Node node in _nodes)
            await node.Process.WaitForExitAsync(Eventually.Patience);
    }

    /// <summary>
    /// Once nobody works on it any more: what was acknowledged is stored, and the read models are what a fresh fold gives.
    /// </summary>
    public async Task AuditAsync(Load load)
    {
        await using TidemarkHost host = await Store.StartBankAsync();
        await ReadModelAudit.CheckAsync(Store, host);
        LogAudit.CheckAcknowledged(await LogAudit.ReadAsync(Store), load.Acknowledged);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Node node in _nodes)
            await node.DisposeAsync();
        await Outside.DisposeAsync();
    }

    private static string Tail(Node node) => $"-- {node.Process.ProcessId}\n{node.Process.Output.Tail(12)}";
}
