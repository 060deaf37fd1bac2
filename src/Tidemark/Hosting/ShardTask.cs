using Tidemark.Projections;
using Tidemark.Shards;

namespace Tidemark.Hosting;

/// <summary>A shard agent and the task that runs it.</summary>
internal sealed class ShardTask : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly Task _run;
    private int _disposed;

    public ShardTask(ShardAgent agent, SideEffectCommit? effects, CancellationToken stop, CancellationToken abort)
    {
        Agent = agent;
        Effects = effects;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _run = Task.Run(() => agent.RunAsync(_stop.Token, abort), CancellationToken.None);
    }

    public ShardAgent Agent { get; }

    /// <summary>The side effects of the shard; null when its projection raises none.</summary>
    public SideEffectCommit? Effects { get; }

    /// <summary>Drains the shard and stops it. May be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        _stop.Dispose();
    }
}
