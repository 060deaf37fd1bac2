using Tidemark.HighWater;
using Tidemark.Placement;

namespace Tidemark.Hosting;

/// <summary>Looks again and again whether something is to be kept in step: after each change in the cluster, and now and then.</summary>
internal sealed class KeeperLoop(NodeAgent node, HighWaterAgent hints, TimeProvider time)
{
    // Changes are hinted at; this is for hints that were lost.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>Runs until cancelled.</summary>
    /// <param name="keep">Looks once. Returns whether all is in step; if not, it is asked again soon. Its errors count as not.</param>
    /// <param name="failed">Is told of its errors.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(
        Func<CancellationToken, Task<bool>> keep, Action<Exception> failed, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var (hinted, changed) = (hints.LeasesChanged.Next, node.BookChanged.Next);
            var isDone = await TryKeepAsync(keep, failed, cancellationToken).ConfigureAwait(false);
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var delay = Task.Delay(isDone ? Look : RetryAfter, time, enough.Token);
            await (isDone ? Task.WhenAny(hinted, changed, delay) : delay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await enough.CancelAsync().ConfigureAwait(false);
        }
    }

    private static async Task<bool> TryKeepAsync(
        Func<CancellationToken, Task<bool>> keep, Action<Exception> failed, CancellationToken cancellationToken)
    {
        try
        {
            return await keep(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (!cancellationToken.IsCancellationRequested)
                failed(e);
            return false;
        }
    }
}
