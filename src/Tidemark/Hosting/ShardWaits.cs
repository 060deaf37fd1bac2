using Tidemark.Shards;

namespace Tidemark.Hosting;

/// <summary>Waits on a shard's status.</summary>
internal static class ShardWaits
{
    /// <summary>Waits until the status meets a condition, through pauses.</summary>
    public static async Task UntilAsync(ShardAgent agent, Func<ShardStatus, bool> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = agent.Changed.Next;
            if (condition(agent.Status))
                return;
            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
