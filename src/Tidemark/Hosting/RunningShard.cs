using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Shards;

namespace Tidemark.Hosting;

/// <summary>A shard that this node runs, and the task that runs it.</summary>
internal sealed class RunningShard(CancellationToken abort)
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(abort);
    private Task _run = Task.CompletedTask;

    /// <summary>Its agent; null until its database is ready.</summary>
    public ShardAgent? Agent { get; private set; }

    /// <summary>The side effects of the shard; null when its projection raises none.</summary>
    public SideEffectCommit? Effects { get; private set; }

    /// <summary>Why its database is not ready; null when it is, or may soon be.</summary>
    public ShardProblem? Problem { get; set; }

    /// <summary>Its database is ready.</summary>
    public ShardAgent Use(ShardAgent agent, SideEffectCommit? effects)
    {
        Effects = effects;
        Agent = agent;
        return agent;
    }

    /// <summary>Begins to run it.</summary>
    public void Begin(Func<CancellationToken, Task> run) => _run = Task.Run(() => run(_stop.Token), CancellationToken.None);

    /// <summary>Drains it. May be called again; completes when it has ended.</summary>
    public Task StopAsync()
    {
        _stop.Cancel();
        return _run;
    }
}
