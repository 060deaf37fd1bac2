using Tidemark.Projections;
using Tidemark.Shards;

namespace Tidemark.Hosting;

/// <summary>A shard agent and the task that runs it.</summary>
internal sealed class RunningShard(ShardAgent agent, SideEffectCommit? effects, CancellationToken abort)
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(abort);
    private Task _run = Task.CompletedTask;

    public ShardAgent Agent { get; } = agent;

    /// <summary>The side effects of the shard; null when its projection raises none.</summary>
    public SideEffectCommit? Effects { get; } = effects;

    /// <summary>Begins to run it.</summary>
    public void Begin(Func<CancellationToken, Task> run) => _run = Task.Run(() => run(_stop.Token), CancellationToken.None);

    /// <summary>Drains it. May be called again; completes when it has ended.</summary>
    public Task StopAsync()
    {
        _stop.Cancel();
        return _run;
    }
}
