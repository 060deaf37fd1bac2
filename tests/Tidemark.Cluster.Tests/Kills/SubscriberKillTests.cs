using System.Globalization;
using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Kills;

/// <summary>kill -9 at random moments of two nodes that append and consume subscriptions.</summary>
public abstract class SubscriberKillTests<TStore>
    where TStore : IClusterStoreKind
{
    /// <summary>How many kills the suite has time for on this kind of store.</summary>
    protected abstract int Kills { get; }

    [Fact]
    [Trait(Soak.Name, Soak.Yes)]
    public async Task Consumers_that_are_killed_miss_nothing_and_repeat_one_batch_at_most()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        int seed = Chance.NewSeed();
        var random = new Random(seed);
        await using ClusterStore store = await TStore.CreateAsync();
        await using (await store.StartAsync())
        {
            // Makes the schema.
        }

        await store.ExecuteAsync(Subscribers.CreateTable);
        var runs = new List<IReadOnlyList<Got>>();
        long started = TimeProvider.System.GetTimestamp();
        int kills = 0;
        Node kept = await StartAsync(store, seed);
        try
        {
            while (Soak.GoesOn(kills, Kills, started, share: 0.2))
            {
                Node other = await StartAsync(store, seed + ++kills);
                await other.WorkingAsync();
                await Chance.PassAsync(random, 20, 600);
                (Node victim, kept) = random.Next(2) == 0 ? (kept, other) : (other, kept);
                await victim.Process.Kill9();
                runs.Add(Read(victim));
                await victim.DisposeAsync();
            }

            await kept.Process.Kill9();
            runs.Add(Read(kept));
        }
        finally
        {
            await kept.DisposeAsync();
        }

        runs.Add(await FinishAsync(store));
        Check([.. runs], await PositionsAsync(store, store.Events), kills + 1);
    }

    private static Task<Node> StartAsync(ClusterStore store, int seed) => Node.StartAsync(
        new NodeOptions
        {
            Store = store.Choice,
            Writers = 2,
            Seed = seed,
            Subscribes = true,
            TickMilliseconds = 300,
            TimeToLiveMilliseconds = 1_000,
        });

    // What is left is delivered to a node that lives.
    private static async Task<IReadOnlyList<Got>> FinishAsync(ClusterStore store)
    {
        var lines = new List<string>();
        await using TidemarkHost host = await store.StartAsync(tide => tide.BankSubscribers(wanted: true, line =>
        {
            lock (lines)
                lines.Add(line);
        }));
        await Eventually.TrueAsync(
            async () =>
            {
                long last = (await PositionsAsync(store, store.Events)).Max();
                return host.Daemon.Status().Shards.Count(s => s.Position.Value >= last) == 3;
            },
            () => $"all is delivered: {string.Join("; ", host.Daemon.Status().Shards)}");
        (await host.Subscriptions.ReadFailuresAsync()).ShouldBeEmpty();
        (await PositionsAsync(store, "effects")).ShouldBe(await PositionsAsync(store, store.Events));
        lock (lines)
            return Parse(lines);
    }

    private static void Check(IReadOnlyList<Got>[] runs, IReadOnlyList<long> log, int deaths)
    {
        foreach (var run in runs)
        {
            foreach (var stream in run.GroupBy(g => g.Stream))
                stream.Select(g => g.Version).Distinct().ShouldBeInOrder();
        }

        var all = runs.SelectMany(r => r).Select(g => g.Position).ToArray();
        all.Distinct().Order().ShouldBe(log);

        // A death costs each of the two shards the batch in flight, at most.
        int repeated = all.Length - all.Distinct().Count();
        repeated.ShouldBeLessThanOrEqualTo(deaths * 2 * Subscribers.BatchEventsMax);
        Chance.Say($"{log.Count} events, {deaths} deaths, {repeated} events delivered again");
    }

    private static async Task<IReadOnlyList<long>> PositionsAsync(ClusterStore store, string table) =>
        [.. (await store.QueryAsync($"select position from {table} order by position")).Select(r => (long)r[0])];

    private static IReadOnlyList<Got> Read(Node node) => Parse(node.Process.Output.Snapshot());

    private static IReadOnlyList<Got> Parse(IEnumerable<string> lines) =>
    [
        .. lines.Where(l => l.StartsWith("got ", StringComparison.Ordinal)).Select(l => l.Split(' ')).Where(w => w.Length == 4)
            .Select(w => new Got(Number(w[1]), w[2], Number(w[3]))),
    ];

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Got(long Position, string Stream, long Version);
}

public sealed class SubscriberKillTestsOnPostgreSql : SubscriberKillTests<PostgreSqlStore>
{
    protected override int Kills => 8;
}

public sealed class SubscriberKillTestsOnSqlite : SubscriberKillTests<SqliteStore>
{
    protected override int Kills => 5;
}
