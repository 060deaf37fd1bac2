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
    private static readonly TimeSpan AppendMax = TimeSpan.FromSeconds(2);

    /// <summary>Freezes a node at a random moment of its work.</summary>
    public static Task FreezeAsync(Node node, ClusterStore store, EventStore writing, Random random) =>
        Eventually.TrueAsync(() => TryFreezeAsync(node, store, writing, random), () => "the node freezes outside its transactions");

    /// <summary>
    /// Freezes a node at a random moment of its work, and calls what is to happen at once; a node that is frozen inside a transaction goes
    /// on, and the answer is no.
    /// </summary>
    public static async Task<bool> TryFreezeAsync(
        Node node, ClusterStore store, EventStore writing, Random random, Func<Task>? onFrozen = null)
    {
        using var load = new CancellationTokenSource();
        Task loading = AppendUntilAsync(writing, new Random(random.Next()), load.Token);
        await Chance.PassAsync(random, 1, 50);
        await node.Process.StopAsync();
        await load.CancelAsync();
        await (onFrozen?.Invoke() ?? Task.CompletedTask);
        Task after = AppendAfterAsync(loading, writing, random);
        if (await Task.WhenAny(after, Task.Delay(AppendMax)) == after && !await store.IsInTransactionAsync(node.Process.ProcessId))
        {
            await after;
            return true;
        }

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

    private static async Task AppendUntilAsync(EventStore store, Random random, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
            await AppendAsync(store, random, 1);
    }

    private static async Task AppendAfterAsync(Task loading, EventStore writing, Random random)
    {
        await loading;
        await AppendAsync(writing, random, 1);
    }
}
