using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Takeovers;

/// <summary>
/// A node freezes (a long collection, a suspended machine), another one takes its shards over, and the first one wakes up believing that
/// nothing happened.
/// </summary>
public abstract class FrozenNodeTests<TStore>
    where TStore : IClusterStoreKind
{
    private static readonly string[] Projections = [nameof(Balances), nameof(Branches), nameof(Turnover), nameof(Journal)];

    [Fact]
    public async Task Node_that_wakes_after_its_shards_were_taken_over_writes_nothing()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        int seed = Chance.NewSeed();
        var random = new Random(seed);
        await using ClusterStore store = await TStore.CreateAsync();
        await using TidemarkHost writing = await store.StartAsync();
        await using Node first = await Node.StartAsync(Options(store, seed));
        await first.ReadyAsync();
        await AppendAsync(writing.Store, random, 200);
        await FreezeAsync(first, store, writing.Store, random);
        var before = await EpochsAsync(store);

        await using Node second = await Node.StartAsync(Options(store, seed));
        await second.ReadyAsync();
        await Eventually.TrueAsync(
            () => Projections.All(p => second.StateOf(p) == "Live fine"), () => $"the second node works: {second.Process.Output.Tail(8)}");
        var taken = await EpochsAsync(store);
        taken.Zip(before).ShouldAllBe(pair => pair.First.Epoch > pair.Second.Epoch);
        await AppendAsync(writing.Store, random, 200);

        first.Process.Continue();
        Task fenced = Eventually.TrueAsync(
            () => Projections.All(p => first.StateOf(p) is "Paused Fenced" or "Stopped fine"),
            () => $"the first node finds itself fenced, or sees that it is no longer the owner: {first.Process.Output.Tail(8)}");
        while (!fenced.IsCompleted)
            await AppendAsync(writing.Store, random, 5);
        await fenced;
        (await EpochsAsync(store)).ShouldBe(taken);

        await AppendAsync(writing.Store, random, 50);
        await first.DisposeAsync();
        await second.DisposeAsync();
        await using TidemarkHost host = await store.StartBankAsync();
        await ReadModelAudit.CheckAsync(store, host);
    }

    private static NodeOptions Options(ClusterStore store, int seed) =>
        new() { Store = store.Choice, Seed = seed, PauseMilliseconds = 600_000 };

    // Frozen inside a transaction it would keep locks that nobody else can take from it on this machine; then it is let go on and frozen
    // again.
    private static async Task FreezeAsync(Node node, ClusterStore store, EventStore writing, Random random)
    {
        for (int attempt = 1; ; attempt++)
        {
            Task load = AppendAsync(writing, random, 20);
            await Chance.PassAsync(random, 1, 50);
            node.Process.Stop();
            Task after = AppendAfterAsync(load, writing, random);
            bool isFree = await Task.WhenAny(after, Task.Delay(TimeSpan.FromSeconds(2))) == after && await HoldsNothingAsync(store);
            if (isFree)
            {
                Chance.Say($"frozen at attempt {attempt}");
                return;
            }

            attempt.ShouldBeLessThan(30);
            node.Process.Continue();
            await after;
        }
    }

    private static async Task AppendAfterAsync(Task load, EventStore writing, Random random)
    {
        await load;
        await AppendAsync(writing, random, 1);
    }

    private static async Task<bool> HoldsNothingAsync(ClusterStore store) =>
        store is SqliteStore || (long)(await store.QueryAsync(
            "select count(*) from pg_stat_activity " +
            "where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()"))[0][0] == 0;

    private static async Task AppendAsync(EventStore store, Random random, int appends)
    {
        for (int i = 0; i < appends; i++)
            await store.AppendAsync($"account-{random.Next(10)}", ExpectedVersion.Any, [BankSetup.RandomEvent(random)]);
    }

    private static async Task<(string Shard, long Epoch)[]> EpochsAsync(ClusterStore store)
    {
        var rows = await store.QueryAsync($"select shard, epoch from {store.Checkpoints} order by shard");
        return [.. rows.Select(r => ((string)r[0], (long)r[1]))];
    }
}

public sealed class FrozenNodeTestsOnPostgreSql : FrozenNodeTests<PostgreSqlStore>;

public sealed class FrozenNodeTestsOnSqlite : FrozenNodeTests<SqliteStore>;
