using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Cluster.Tests.Ownership;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
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
        await Freezer.AppendAsync(writing.Store, random, 200);
        await Freezer.FreezeAsync(first, store, writing.Store, random);
        var before = await EpochsAsync(store);

        await using Node second = await Node.StartAsync(Options(store, seed));
        await second.ReadyAsync();
        await Eventually.TrueAsync(
            () => Projections.All(p => second.StateOf(p) == "Live fine"), () => $"the second node works: {second.Process.Output.Tail(8)}");
        var taken = await EpochsAsync(store);
        taken.Zip(before).ShouldAllBe(pair => pair.First.Epoch > pair.Second.Epoch);
        await Freezer.AppendAsync(writing.Store, random, 200);

        first.Process.Continue();
        Task lost = Eventually.TrueAsync(
            async () =>
            {
                Sight sight = await Sight.LookAsync(writing);
                return Projections.All(p => sight.HasLost(first, $"{p}:g1:0-1023@main"));
            },
            () => $"the first node finds itself fenced, or sees that it is no longer the owner: {first.Process.Output.Tail(8)}");
        while (!lost.IsCompleted)
            await Freezer.AppendAsync(writing.Store, random, 5);
        await lost;
        (await EpochsAsync(store)).Zip(taken).ShouldAllBe(pair => pair.First.Epoch >= pair.Second.Epoch);

        await Freezer.AppendAsync(writing.Store, random, 50);
        await first.DisposeAsync();
        await second.DisposeAsync();
        await using TidemarkHost host = await store.StartBankAsync();
        await ReadModelAudit.CheckAsync(store, host);
    }

    private static NodeOptions Options(ClusterStore store, int seed) =>
        new() { Store = store.Choice, Seed = seed, PauseMilliseconds = 600_000 };

    private static async Task<(string Shard, long Epoch)[]> EpochsAsync(ClusterStore store)
    {
        var rows = await store.QueryAsync($"select shard, epoch from {store.Checkpoints} order by shard");
        return [.. rows.Select(r => ((string)r[0], (long)r[1]))];
    }
}

public sealed class FrozenNodeTestsOnPostgreSql : FrozenNodeTests<PostgreSqlStore>;

public sealed class FrozenNodeTestsOnSqlite : FrozenNodeTests<SqliteStore>;
