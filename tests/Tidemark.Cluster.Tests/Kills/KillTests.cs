using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.TestNode;

namespace Tidemark.Cluster.Tests.Kills;

/// <summary>kill -9 at random moments of a node that appends and runs projections of every kind.</summary>
public abstract class KillTests<TStore>
    where TStore : IClusterStoreKind
{
    private const int WritersPerNode = 4;

    /// <summary>How many kills the suite has time for on this kind of store.</summary>
    protected abstract int Kills { get; }

    [Fact]
    [Trait(Soak.Name, Soak.Yes)]
    public async Task Node_killed_at_random_moments_loses_nothing_and_applies_nothing_twice()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        int seed = Chance.NewSeed();
        var random = new Random(seed);
        await using ClusterStore store = await TStore.CreateAsync();
        await using (await store.StartBankAsync())
        {
            // Makes the schema; the nodes find it.
        }

        var acknowledged = new List<Acknowledged>();
        long started = TimeProvider.System.GetTimestamp();
        int kills = 0;
        while (Soak.GoesOn(kills, Kills, started, share: 0.25))
        {
            var options = new NodeOptions { Store = store.Choice, Writers = WritersPerNode, Seed = seed + kills };
            await KillOneAsync(options, random, acknowledged);
            kills++;
        }

        Chance.Say($"{kills} kills in {TimeProvider.System.GetElapsedTime(started)}");
        await using TidemarkHost host = await store.StartBankAsync();
        await ReadModelAudit.CheckAsync(store, host);
        LogAudit.CheckAcknowledged(await LogAudit.ReadAsync(store), acknowledged);
        acknowledged.ShouldNotBeEmpty();
    }

    private static async Task KillOneAsync(NodeOptions options, Random random, List<Acknowledged> acknowledged)
    {
        await using Node node = await Node.StartAsync(options);

        // Every fifth dies while it starts.
        if (random.Next(5) == 0)
        {
            await Chance.PassAsync(random, 50, 1000);
        }
        else
        {
            await node.WorkingAsync();
            await Chance.PassAsync(random, 20, 400);
        }

        await node.Process.Kill9();
        acknowledged.AddRange(node.Acknowledged);
    }
}

public sealed class KillTestsOnPostgreSql : KillTests<PostgreSqlStore>
{
    protected override int Kills => 24;
}

public sealed class KillTestsOnSqlite : KillTests<SqliteStore>
{
    protected override int Kills => 24;
}

public sealed class KillTestsBehindPooler : KillTests<PooledStore>
{
    protected override int Kills => 6;
}
