using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Takeovers;

/// <summary>
/// Freezes nodes. Frozen inside a transaction a node would keep locks that nobody else can take from it on this machine; then it is let go
/// on and frozen again.
/// </summary>
internal static class Freezer
{
    /// <summary>After so many attempts something else is wrong.</summary>
    public const int AttemptsMax = 30;

    private static readonly TimeSpan AppendMax = TimeSpan.FromSeconds(2);

    /// <summary>Freezes a node at a random moment of its work.</summary>
    public static async Task FreezeAsync(Node node, ClusterStore store, EventStore writing, Random random)
    {
        for (int attempt = 1; !await TryFreezeAsync(node, store, writing, random); attempt++)
            attempt.ShouldBeLessThan(AttemptsMax);
    }

    /// <summary>
    /// Freezes a node at a random moment of its work, and calls what is to happen at once; a node that is frozen inside a transaction goes
    /// on, and the answer is no.
    /// </summary>
    public static async Task<bool> TryFreezeAsync(
        Node node, ClusterStore store, EventStore writing, Random random, Func<Task>? onFrozen = null)
    {
        Task load = AppendAsync(writing, random, 20);
        await Chance.PassAsync(random, 1, 50);
        node.Process.Stop();
        await (onFrozen?.Invoke() ?? Task.CompletedTask);
        Task after = AppendAfterAsync(load, writing, random);
        if (await Task.WhenAny(after, Task.Delay(AppendMax)) == after && await HoldsNothingAsync(store))
            return true;
        node.Process.Continue();
        await after;
        return false;
    }

    /// <summary>Appends to random accounts.</summary>
    public static async Task AppendAsync(EventStore store, Random random, int appends)
    {
        for (int i = 0; i < appends; i++)
            await store.AppendAsync($"account-{random.Next(10)}", ExpectedVersion.Any, [BankSetup.RandomEvent(random)]);
    }

    private static async Task AppendAfterAsync(Task load, EventStore writing, Random random)
    {
        await load;
        await AppendAsync(writing, random, 1);
    }

    // Other nodes end their transactions in a moment; what stays is the frozen one's.
    private static async Task<bool> HoldsNothingAsync(ClusterStore store)
    {
        if (store is SqliteStore)
            return true;
        long started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < AppendMax)
        {
            var rows = await store.QueryAsync(
                "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%' " +
                "and state_change < clock_timestamp() - interval '300 ms'");
            if ((long)rows[0][0] > 0)
                return false;
            rows = await store.QueryAsync(
                "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'");
            if ((long)rows[0][0] == 0)
                return true;
        }

        return false;
    }
}
