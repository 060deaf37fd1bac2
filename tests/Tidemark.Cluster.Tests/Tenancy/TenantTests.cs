using Tidemark.Cluster.Tests.Stores;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Tenancy;

/// <summary>Tenants in databases of their own, on real stores, while nodes come and go.</summary>
public abstract class TenantTests<TStore>
    where TStore : IClusterStoreKind
{
    private const int Appends = 60;
    private static readonly TenantId[] Tenants = [.. Enumerable.Range(1, 6).Select(n => new TenantId($"t{n}"))];

    [Fact]
    public async Task Read_models_of_every_tenant_are_whole_while_nodes_and_tenants_come_and_go()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        await using ClusterStore store = await TStore.CreateAsync();
        await store.MakeDatabasesAsync([.. Tenants.Select(t => t.Value)]);
        await using TidemarkHost one = await StartAsync(store, "one");
        foreach (TenantId tenant in Tenants[..4])
            await one.Tenants!.AddAsync(tenant);
        TidemarkHost two = await StartAsync(store, "two");
        await using (two)
        {
            Task early = Task.WhenAll(Tenants[..4].Select(t => LoadAsync(one, t)));
            foreach (TenantId tenant in Tenants[4..])
                await two.Tenants!.AddAsync(tenant);
            await Task.WhenAll(Tenants[4..].Select(t => LoadAsync(one, t)));
            await early;
            await SharedAsync(one, 2);
        }

        await SharedAsync(one, 1);
        foreach (TenantId tenant in Tenants)
            await CheckAsync(one, tenant);
    }

    [Fact]
    public async Task Rebuild_of_one_tenant_leaves_the_others_as_they_are()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        await using ClusterStore store = await TStore.CreateAsync();
        await store.MakeDatabasesAsync([.. Tenants.Select(t => t.Value)]);
        await using TidemarkHost host = await StartAsync(store, "one");
        foreach (TenantId tenant in Tenants[..2])
        {
            await host.Tenants!.AddAsync(tenant);
            await LoadAsync(host, tenant);
            await CheckAsync(host, tenant);
        }

        await host.Daemon.ForTenant(Tenants[0]).RebuildAsync(nameof(Balances)).WaitAsync(Eventually.Patience);

        foreach (TenantId tenant in Tenants[..2])
            await CheckAsync(host, tenant);
        var leases = await host.Control.ReadLeasesAsync();
        leases.Shards.Where(l => l.Shard.Projection == nameof(Balances) && l.State == LeaseState.Wanted)
            .Select(l => $"{l.Shard.Database} {l.Shard.Generation}").Order(StringComparer.Ordinal).ShouldBe(["main 1", "t1 2", "t2 1"]);
    }

    private static Task<TidemarkHost> StartAsync(ClusterStore store, string node) => store.StartAsync(tide => tide
        .UseTenantDatabases().AddProjection<Balances>().AddProjection<Turnover>().Configure(o => o.Node.Name = node));

    private static async Task LoadAsync(TidemarkHost host, TenantId tenant)
    {
        EventStore store = await host.Store.ForTenantAsync(tenant);
        for (var n = 1; n <= Appends; n++)
            await store.AppendAsync($"account-{n % 5}", ExpectedVersion.Any, [new Deposited(n, "west"), new Withdrawn(1, "west")]);
    }

    // Each node has its share of the databases, and every shard an owner.
    private static async Task SharedAsync(TidemarkHost host, int nodes)
    {
        LeaseView? view = null;
        await Eventually.TrueAsync(
            async () =>
            {
                view = await host.Control.ReadLeasesAsync();
                var owned = view.Shards.Where(l => l.Owner is not null && view.Nodes.Any(n => n.Id == l.Owner)).ToArray();
                return owned.Length == 2 * (Tenants.Length + 1) && owned.Select(l => l.Owner).Distinct().Count() == nodes;
            },
            () => $"{nodes} node(s) share the shards: {string.Join(", ", view?.Shards.Select(l => $"{l.Shard} {l.Owner}") ?? [])}");
    }

    private static async Task CheckAsync(TidemarkHost host, TenantId tenant)
    {
        await host.Daemon.ForTenant(tenant).WaitForCaughtUpAsync(Eventually.Patience);
        EventStore store = host.Store.ForTenant(tenant);
        var (total, events) = (0L, 0L);
        await foreach (var (_, balance) in store.Documents<Balance>().AllAsync())
            (total, events) = (total + balance.Total, events + balance.Events);
        (total, events).ShouldBe(((Appends * (Appends + 1) / 2) - Appends, 2L * Appends));
        var log = await store.ReadLogAsync().ToListAsync();
        log.Count.ShouldBe(2 * Appends);
        log.ShouldAllBe(e => e.Tenant == tenant);
    }
}

public sealed class SqliteTenantTests : TenantTests<SqliteStore>;

public sealed class PostgreSqlTenantTests : TenantTests<PostgreSqlStore>;

public sealed class PooledTenantTests : TenantTests<PooledStore>;
