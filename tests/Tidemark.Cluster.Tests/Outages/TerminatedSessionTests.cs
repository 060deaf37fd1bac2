using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Outages;

/// <summary>An administrator, or a firewall, ends the sessions of a running node.</summary>
public abstract class TerminatedSessionTests<TStore>
    where TStore : IClusterStoreKind
{
    private const string Application = "tidemark";

    [Fact]
    [Trait(Soak.Name, Soak.Yes)]
    public async Task Node_whose_sessions_are_terminated_at_random_heals_itself_and_loses_nothing()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        int seed = Chance.NewSeed();
        var random = new Random(seed);
        await using var store = (PostgreSqlStore)await TStore.CreateAsync();
        await using TidemarkHost host = await store.StartBankAsync();
        using var load = Load.Start(host.Store, seed);
        await load.ProgressAsync(10);

        int terminated = 0;
        long started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < Soak.Duration(5, share: 0.1))
        {
            if (await store.TerminateOneAsync(Application))
                terminated++;
            await Chance.PassAsync(random, 20, 200);
        }

        Chance.Say($"{terminated} sessions terminated; all works again after {await Recovery.CheckAsync(host)}");
        await load.ProgressAsync(10);
        await load.EndAsync();
        await ReadModelAudit.CheckAsync(store, host);
        LogAudit.CheckAcknowledged(await LogAudit.ReadAsync(store), load.Acknowledged);
    }
}

public sealed class TerminatedSessionTestsOnPostgreSql : TerminatedSessionTests<PostgreSqlStore>;

public sealed class TerminatedSessionTestsBehindPooler : TerminatedSessionTests<PooledStore>;
