using Tidemark.Hosting;

namespace Tidemark.TestNode;

/// <summary>Tells of each change of a shard's state, so that a test can wait for it.</summary>
public static class ShardReport
{
    public static async Task RunAsync(Daemon daemon, CancellationToken stop)
    {
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!stop.IsCancellationRequested)
        {
            foreach (var shard in daemon.Status().Shards)
            {
                string text = $"shard {shard.Shard.Projection} {shard.State} {(shard.Error is { } error ? error.Category : "fine")}";
                if (last.GetValueOrDefault(shard.Shard.Projection) != text)
                    Console.WriteLine(last[shard.Shard.Projection] = text);
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
