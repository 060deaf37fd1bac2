using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.TestNode.Remote;

namespace Tidemark.Cluster.Tests.Kills;

/// <summary>kill -9 at random moments of a server, of the consumers that are connected to it, and of both, while it appends.</summary>
public abstract class RemoteConsumerKillTests<TStore>
    where TStore : IClusterStoreKind
{
    private const int KillsInSuite = 10;
    private const int KillsInSoak = 200;

    [Fact]
    [Trait(Soak.Name, Soak.Yes)]
    public async Task Nothing_is_missing_one_batch_at_most_comes_again_and_effects_with_their_token_happen_once()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        int seed = Chance.NewSeed();
        var random = new Random(seed);
        await using ClusterStore store = await TStore.CreateAsync();
        await using (TidemarkHost host = await store.StartAsync())
            await RemoteSubscriptions.CreateAsync(host.Subscriptions);

        await using var pair = new RemotePair(store, seed);
        await pair.StartServerAsync();
        await pair.StartConsumersAsync();
        long started = TimeProvider.System.GetTimestamp();
        int kills = Soak.Times(KillsInSuite, KillsInSoak);
        for (int kill = 0; kill < kills; kill++)
        {
            await pair.ProgressAsync();
            await Chance.PassAsync(random, 0, 200);
            await KillAsync(pair, random.Next(3));
        }

        Chance.Say($"{kills} kills in {TimeProvider.System.GetElapsedTime(started)}");
        await pair.KillServerAsync();
        await pair.StartServerAsync(writers: 0);
        await pair.ServerReadyAsync();
        IReadOnlyList<LoggedEvent> log = await LogAudit.ReadAsync(store);
        await pair.AllAsync(log.Count);
        await pair.KillConsumersAsync();

        LogAudit.CheckAcknowledged(log, pair.Acknowledged);
        CheckOnce(log, pair.Effects());
        CheckRepeats(log, pair.Lines, kills + 1);
    }

    private static async Task KillAsync(RemotePair pair, int whom)
    {
        switch (whom)
        {
            case 0:
                await pair.KillConsumersAsync();
                await pair.StartConsumersAsync();
                break;
            case 1:
                await pair.KillServerAsync();
                await pair.StartServerAsync();
                break;
            default:
                await Task.WhenAll(pair.KillServerAsync(), pair.KillConsumersAsync());
                await Task.WhenAll(pair.StartServerAsync(), pair.StartConsumersAsync());
                break;
        }
    }

    // Exactly the events of the log, each once; those of a partition, and so of a stream, in order.
    private static void CheckOnce(IReadOnlyList<LoggedEvent> log, IReadOnlyList<ConsumedEvent> effects)
    {
        Places(effects.OrderBy(e => e.Position)).ShouldBe(Places(log));
        foreach (var partition in effects.GroupBy(e => e.Partition, StringComparer.Ordinal))
            partition.Select(e => e.Position).ShouldBeInOrder(SortDirection.Ascending, partition.Key);
        CheckPartitions(effects);
    }

    // Nothing is missing; a partition steps back once for each death at most, and then by what was in flight.
    private static void CheckRepeats(IReadOnlyList<LoggedEvent> log, IReadOnlyList<ConsumedEvent> lines, int deaths)
    {
        Places(lines.DistinctBy(e => e.Position).OrderBy(e => e.Position)).ShouldBe(Places(log));
        CheckPartitions(lines);
        int repeated = 0;
        foreach (var partition in lines.GroupBy(e => e.Partition, StringComparer.Ordinal))
        {
            IReadOnlyList<int> steps = Steps(partition);
            steps.Count.ShouldBeLessThanOrEqualTo(deaths, $"{partition.Key} steps back once for each death at most.");
            steps.ShouldAllBe(events => events <= RemoteSubscriptions.BatchEventsMax);
            repeated += steps.Sum();
        }

        Chance.Say($"{log.Count} events, {deaths} deaths, {repeated} events delivered again");
    }

    // For each step back: how many events came again before something new did, or before the next one.
    private static List<int> Steps(IEnumerable<ConsumedEvent> partition)
    {
        var steps = new List<int>();
        var (highest, previous) = (0L, 0L);
        foreach (long position in partition.Select(e => e.Position))
        {
            if (position <= previous)
                steps.Add(0);
            if (position <= highest)
                steps[^1]++;
            (highest, previous) = (Math.Max(highest, position), position);
        }

        return steps;
    }

    // A stream stays in its partition.
    private static void CheckPartitions(IReadOnlyList<ConsumedEvent> events)
    {
        events.Select(e => e.Partition).Distinct().Count().ShouldBe(RemoteSubscriptions.Partitions);
        events.GroupBy(e => e.Stream, StringComparer.Ordinal).ShouldAllBe(s => s.Select(e => e.Partition).Distinct().Count() == 1);
    }

    private static IEnumerable<(long Position, string Stream, long Version)> Places(IEnumerable<LoggedEvent> events) =>
        events.Select(e => (e.Position, e.Stream, e.Version));

    private static IEnumerable<(long Position, string Stream, long Version)> Places(IEnumerable<ConsumedEvent> events) =>
        events.Select(e => (e.Position, e.Stream, e.Version));
}

public sealed class RemoteConsumerKillTestsOnPostgreSql : RemoteConsumerKillTests<PostgreSqlStore>;

public sealed class RemoteConsumerKillTestsOnSqlite : RemoteConsumerKillTests<SqliteStore>;
