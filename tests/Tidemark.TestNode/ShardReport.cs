using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.TestNode;

/// <summary>Tells of each change of a shard's state, so that a test can wait for it.</summary>
public static class ShardReport
{
    public static async Task RunAsync(Daemon daemon, CancellationToken stop)
    {
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        var here = new HashSet<ShardName>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!stop.IsCancellationRequested)
        {
            IReadOnlyList<ShardStatus> shards = daemon.Status().Shards;
            foreach (ShardStatus shard in shards)
            {
                string state = $"{shard.State} {(shard.Error is { } error ? error.Category : "fine")}";
                Tell($"shard {shard.Shard.Projection}", state);
                Tell($"run {shard.Shard}", state);
            }

            foreach (ShardName gone in here.Except(shards.Select(s => s.Shard)))
                Tell($"run {gone}", "Gone");
            here = [.. shards.Select(s => s.Shard)];
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        void Tell(string subject, string state)
        {
            if (last.GetValueOrDefault(subject) == state)
                return;
            last[subject] = state;
            Console.WriteLine($"{subject} {state}");
        }
    }
}
