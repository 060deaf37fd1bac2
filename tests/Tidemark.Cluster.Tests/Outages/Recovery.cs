using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Shards;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Outages;

/// <summary>Whether everything runs again after a fault, and how long that took.</summary>
internal static class Recovery
{
    /// <summary>
    /// The longest time from a database's return to the last shard's work on a new event. The pause after an error (30 s) must have no
    /// part in it.
    /// </summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(15);

    public static async Task<TimeSpan> CheckAsync(TidemarkHost host)
    {
        long returned = TimeProvider.System.GetTimestamp();
        AppendResult marker = await AppendAsync(host.Store);
        await Eventually.TrueAsync(
            () => host.Daemon.Status().Shards.All(s => s.State != ShardState.Paused && s.Position >= marker.Last),
            () => $"every shard works again: {string.Join("; ", host.Daemon.Status().Shards.Select(Describe))}",
            TimeMax);
        return TimeProvider.System.GetElapsedTime(returned);
    }

    /// <summary>Appends an event, however often that takes.</summary>
    public static async Task<AppendResult> AppendAsync(EventStore store)
    {
        var marker = new NewEvent(new Deposited(1, "north")) { Id = Guid.CreateVersion7() };
        while (true)
        {
            try
            {
                return await store.AppendAsync("account-marker", ExpectedVersion.Any, [marker]);
            }
            catch (AppendFailedException)
            {
                // The sessions of the former server are still being found dead.
            }
        }
    }

    private static string Describe(ShardStatus s) =>
        $"{s.Shard.Projection} {s.State} at {s.Position} of {s.Mark}, {s.Error?.Category} " +
        $"{s.Error?.Exception.GetBaseException().Message} until {s.Error?.NextTry:O}";
}
