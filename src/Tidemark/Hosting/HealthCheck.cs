using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Shards;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>Judges the daemon by the heartbeats of its loops, from memory.</summary>
internal sealed class HealthCheck(TidemarkOptions options, TimeProvider time)
{
    // Thousands of shards may lack a node for one reason.
    private const int NamesMax = 5;

    // A look at the database may take as long as its driver allows before it fails.
    private static readonly TimeSpan CallMax = TimeSpan.FromSeconds(60);

    private readonly List<string> _reasons = [];
    private HealthState _state;

    public DaemonHealth Result => new(_state, [.. _reasons]);

    /// <summary>A loop that should run has ended.</summary>
    public void Loops(Task ticks, IEnumerable<Task> loops)
    {
        if (ticks.IsCompleted)
            Add(HealthState.Unhealthy, "the loop that keeps this node on the roster, or the one that obeys operators, has ended");
        if (loops.Any(l => l.IsCompleted))
            Add(HealthState.Unhealthy, "the loops that follow the high-water mark have ended");
    }

    public void Node(NodeAgent node)
    {
        Heartbeat($"node {node.Name}", node.Heartbeat, options.Node.Tick + options.Node.TimeToLive + CallMax);
        if (node.Failure is { } failure)
            Add(HealthState.Degraded, $"the heartbeats of node {node.Name} fail: {failure.Message}");
    }

    /// <summary>Work that no node of the cluster can take.</summary>
    public void Placement(PlacementPlan plan)
    {
        foreach (var left in plan.Unplaced.GroupBy(u => u.Value, u => u.Key.ToString(), StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var shards = left.Order(StringComparer.Ordinal).ToArray();
            var more = shards.Length > NamesMax ? ", …" : "";
            Add(HealthState.Degraded, $"{shards.Length} shard(s) cannot be placed, as {left.Key}: " +
                $"{string.Join(", ", shards.Take(NamesMax))}{more}");
        }
    }

    public void Mark(EventDatabase database)
    {
        var mark = database.HighWater;
        var isMain = database.Name == StorageContext.MainDatabase;
        var what = isMain ? "the high-water mark" : $"the high-water mark of database {database.Name}";
        var polls = new[] { options.HighWater.PollWithHints, options.HighWater.PollIdle, options.HighWater.PollBusy };
        Heartbeat(what, mark.Heartbeat, polls.Max() + CallMax);
        if (mark.Failure is { } failure)
            Add(HealthState.Degraded, $"{what} cannot be read: {failure.Message}");
    }

    public void Shards(IEnumerable<ShardAgent> agents)
    {
        foreach (var status in agents.Select(a => a.Status).OrderBy(s => s.Shard.ToString(), StringComparer.Ordinal))
        {
            if (status is { State: ShardState.Paused, Error: { } error })
            {
                Add(HealthState.Degraded, $"shard {status.Shard} is paused ({error.Category}) and tries again at {error.NextTry:u}: " +
                    error.Exception.Message);
            }

            foreach (var tenant in status.TenantsBehind)
            {
                if (tenant.Problem is { } problem)
                    Add(HealthState.Degraded, $"shard {status.Shard} has left {tenant} behind and tries again at {problem.NextTry:u}");
            }
        }
    }

    /// <summary>Databases of tenants that could not be opened.</summary>
    public void Databases(IReadOnlyDictionary<string, string> problems)
    {
        foreach (var (database, problem) in problems.OrderBy(p => p.Key, StringComparer.Ordinal))
            Add(HealthState.Degraded, $"event database {database} cannot be opened: {problem}");
    }

    public void Subscriptions(string problem) => Add(HealthState.Degraded, problem);

    public void Stopping() => Add(HealthState.Degraded, "the daemon is stopping");

    private void Heartbeat(string of, long? last, TimeSpan silentMax)
    {
        // It has not begun yet.
        if (last is not { } heartbeat)
            return;
        var silent = time.GetElapsedTime(heartbeat);
        if (silent > silentMax)
            Add(HealthState.Unhealthy, $"the loop of {of} has been silent for {silent.TotalSeconds:N0} s; it should not be for more than " +
                $"{silentMax.TotalSeconds:N0} s");
    }

    private void Add(HealthState state, string reason)
    {
        _state = state > _state ? state : _state;
        _reasons.Add(reason);
    }
}
