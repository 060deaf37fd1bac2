using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Cluster.Tests.Ownership;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Takeovers;

/// <summary>
/// A node freezes inside a transaction, with its checkpoint's row and a read model's locked: the server ends that transaction, so that the
/// next owner waits for a stated time and no longer.
/// </summary>
public abstract class FrozenInsideTests<TStore>
    where TStore : IClusterStoreKind
{
    private const string Shard = "Tally:g1:0-1023@main";

    [Fact]
    public async Task Node_frozen_inside_its_transaction_keeps_its_locks_no_longer_than_the_bound()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        var random = new Random(Chance.NewSeed());
        await using ClusterStore store = await TStore.CreateAsync();
        await using TidemarkHost writing = await store.StartAsync();
        NodeOptions options = Pace.Quick with
        {
            Store = store.Choice,
            Partitions = 1,
            Tallies = true,
            IdleTransactionMilliseconds = 4_000,
            PauseMilliseconds = 5_000,
        };
        await using Node first = await Node.StartAsync(options with { HoldsTally = true });
        await first.ReadyAsync();
        await Freezer.AppendAsync(writing.Store, random, 50);
        await first.Process.Output.WaitForAsync(line => line == "held", Eventually.Patience);
        await first.Process.StopAsync();
        (await LockedAsync(store)).ShouldBeTrue("The frozen node holds its locks; else this test shows nothing.");

        await using Node second = await Node.StartAsync(options);
        await second.ReadyAsync();
        TimeSpan taken = await Eventually.TrueAsync(
            async () => await PassedAsync(store, 50), () => $"the second node goes on with the tally: {second.Process.Output.Tail(12)}");
        Chance.Say($"the second node went on {taken.TotalSeconds:N1} s after it was ready");
        double bound = options.TimeToLiveMilliseconds + (options.TickMilliseconds * 1.1) + options.IdleTransactionMilliseconds;
        taken.ShouldBeLessThan(TimeSpan.FromMilliseconds(bound) + Fleet.Slack);

        first.Process.Continue();
        first.Process.HangUp();

        await Eventually.TrueAsync(
            async () => (await Sight.LookAsync(writing)).HasLost(first, Shard),
            () => $"the first node finds that it has lost the tally: {first.Process.Output.Tail(12)}");
        await Freezer.AppendAsync(writing.Store, random, 50);
        await Eventually.TrueAsync(async () => await PassedAsync(store, 100), () => "the tally goes on");

        await first.DisposeAsync();
        await second.DisposeAsync();
        await using TidemarkHost host = await store.StartAsync(tide => tide.BankProjections().BankTally(wanted: true));
        await ReadModelAudit.CheckAsync(store, host);
        await ReadModelAudit.CheckTallyAsync(store, host.Store, await LogAudit.ReadAsync(store));
    }

    private static async Task<bool> LockedAsync(ClusterStore store)
    {
        var free = await store.QueryAsync($"select 1 from {store.Checkpoints} where shard = '{Shard}' for update skip locked");
        return free.Count == 0;
    }

    private static async Task<bool> PassedAsync(ClusterStore store, int events) =>
        await store.QueryAsync(
            $"select 1 from {store.Checkpoints} where shard = '{Shard}' and " +
            $"(select count(*) from {store.Events} e where e.position <= {store.Checkpoints}.position) >= {events}") is [_];
}

public sealed class FrozenInsideTestsOnPostgreSql : FrozenInsideTests<PostgreSqlStore>;

public sealed class FrozenInsideTestsThroughPgBouncer : FrozenInsideTests<PooledStore>;
