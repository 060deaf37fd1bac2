using System.Globalization;
using Tidemark.Checkpoints;
using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Shards;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Tenancy;

/// <summary>Tenants that share a log and its shards, on real stores and in processes that are killed.</summary>
public abstract class SharedLogTests<TStore>
    where TStore : IClusterStoreKind
{
    private const int Flood = 30_000;
    private const int PoisonAmount = 666;
    private static readonly string[] Tenants = ["acme", "bolt", "core"];

    // What was appended, by tenant, to one account each.
    private readonly Dictionary<string, List<int>> _appended = Tenants.ToDictionary(t => t, _ => new List<int>());

    [Fact]
    public async Task Flood_of_one_tenant_does_not_hold_up_another()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        await using ClusterStore store = await TStore.CreateAsync();
        await using TidemarkHost client = await store.StartAsync();
        await using (Node node = await Node.StartAsync(new NodeOptions { Store = store.Choice, Holds = true }))
        {
            await Eventually.TrueAsync(() => node.StateOf(nameof(Balances)) == "Live fine", "the balances are live");
            await AppendAsync(client, "acme", [.. Enumerable.Range(1, Flood)]);
            await AppendAsync(client, "bolt", 7);

            // Another shard of the node has passed it all, so that the node knows of all of it.
            var last = await LastAsync(client);
            await Eventually.TrueAsync(
                async () => await store.QueryAsync(
                    $"select position from {store.Checkpoints} where projection = '{nameof(Turnover)}'")
                    is [[long at], ..] && at >= last.Value,
                () => "another projection is at the end of the flood");
            node.Process.HangUp();

            string[] line = (await node.Process.Output.WaitForAsync(
                l => l.StartsWith("handled bolt 7 ", StringComparison.Ordinal), Eventually.Patience)).Split(' ');
            long before = long.Parse(line[^1], CultureInfo.InvariantCulture);
            before.ShouldBeLessThan(3 * 2_000L, "at most a page that was under way, and a turn or two");
            node.Process.Terminate();
            await node.Process.WaitForExitAsync(Eventually.Patience);
        }

        await using TidemarkHost host = await store.StartBankAsync();
        await CheckAsync(host);
    }

    [Fact]
    public async Task Failing_tenant_is_left_behind_through_kills_and_the_others_go_on()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        var random = new Random(Chance.NewSeed());
        await using ClusterStore store = await TStore.CreateAsync();
        await using TidemarkHost client = await store.StartAsync();
        await AppendAsync(client, "acme", 1, 2, PoisonAmount, 3);
        await AppendAsync(client, "bolt", 4);
        var options = new NodeOptions
        {
            Store = store.Choice,
            Poison = PoisonAmount,
            PauseMilliseconds = 200,
            TickMilliseconds = 300,
            TimeToLiveMilliseconds = 1_500,
        };
        for (int kill = 0; kill < 4; kill++)
        {
            await using Node node = await Node.StartAsync(options);
            int last = 1000 + kill;
            await AppendAsync(client, "acme", 5 + kill);
            await AppendAsync(client, "core", 50 + kill);
            await AppendAsync(client, "bolt", last);
            await node.Process.Output.WaitForAsync(
                l => l.StartsWith($"handled bolt {last} ", StringComparison.Ordinal), Eventually.Patience);
            await Chance.PassAsync(random, 0, 400);
            await node.Process.Kill9();
        }

        // A node whose code is as bad: the others are up to date, and what is wrong shows.
        await using (TidemarkHost bad = await store.StartAsync(tide => tide.BankProjections(taste: new Taster(PoisonAmount).Taste)))
        {
            await bad.Daemon.ForTenant("bolt").WaitForAsync(nameof(Balances), await LastAsync(client), Eventually.Patience);
            await bad.Daemon.ForTenant("core").WaitForAsync(nameof(Balances), await LastAsync(client), Eventually.Patience);
            (await BalanceAsync(bad, "bolt")).ShouldBe(Fold("bolt"));
            (await BalanceAsync(bad, "core")).ShouldBe(Fold("core"));
            (await BalanceAsync(bad, "acme")).ShouldBe(new Balance(3, 2, 2, Fold([1, 2]).Mix));
            TenantBehind behind = (await bad.Control.ReadStatusAsync()).Shards
                .Single(s => s.Shard.Projection == nameof(Balances)).TenantsBehind.ShouldHaveSingleItem();
            (behind.Tenant.Value, behind.Reason).ShouldBe(("acme", TenantBehindReason.Error));
            behind.Problem!.Message.ShouldContain("stream account, version 3");
        }

        await using TidemarkHost host = await store.StartBankAsync();
        await CheckAsync(host);
    }

    // A tenant that the former node left behind has its next try later; an operator resumes it.
    private static async Task<bool> TryCatchUpAsync(TidemarkHost host)
    {
        try
        {
            await host.Daemon.WaitForCaughtUpAsync(Eventually.Patience);
            return true;
        }
        catch (ShardPausedException e) when (e.Tenant is not null)
        {
            host.Daemon.Resume(e.Shard.Projection);
            return false;
        }
    }

    private static async Task<Position> LastAsync(TidemarkHost client)
    {
        var last = Position.Beginning;
        await foreach (RecordedEvent e in client.Store.ForTenant("bolt").ReadLogAsync())
            last = e.Position;
        return last;
    }

    private async Task AppendAsync(TidemarkHost client, string tenant, params int[] amounts)
    {
        foreach (int[] some in amounts.Chunk(5_000))
        {
            await client.Store.ForTenant(tenant).AppendAsync(
                "account", ExpectedVersion.Any, [.. some.Select(a => new NewEvent(new Deposited(a, "west")))]);
        }

        _appended[tenant].AddRange(amounts);
    }

    private async Task CheckAsync(TidemarkHost host)
    {
        await Eventually.TrueAsync(() => TryCatchUpAsync(host), () => "every tenant is caught up");
        foreach (string tenant in Tenants.Where(t => _appended[t].Count > 0))
            (await BalanceAsync(host, tenant)).ShouldBe(Fold(tenant), tenant);
        (await host.Control.ReadStatusAsync()).Shards.ShouldAllBe(s => s.TenantsBehind.Count == 0);
    }

    private Balance Fold(string tenant) => Fold(_appended[tenant]);

    private static Balance Fold(IEnumerable<int> amounts)
    {
        (Balance balance, int version) = (Balance.None, 0);
        foreach (int amount in amounts)
            balance = balance.After(amount, ++version);
        return balance;
    }

    private static Task<Balance?> BalanceAsync(TidemarkHost host, string tenant) =>
        host.Store.ForTenant(tenant).Documents<Balance>().FindAsync("account");
}

public sealed class SharedLogTestsOnPostgreSql : SharedLogTests<PostgreSqlStore>;

public sealed class SharedLogTestsOnSqlite : SharedLogTests<SqliteStore>;
