using Tidemark.Leases;

namespace Tidemark.Testing.InMemory;

/// <summary>What a tick asks for beside the heartbeat, applied in the order of its members.</summary>
internal static class MemoryTick
{
    public static MemoryLeases Apply(MemoryLeases leases, LeaseTick tick, long change, DateTimeOffset now, out bool touched)
    {
        var before = leases;
        leases = End(leases, tick, now);
        leases = leases.With(Unregistered(leases, tick.Register), change);
        leases = leases.With(Owned(leases, tick, tick.Release).Select(l => l with { Owner = null }), change);
        leases = leases.With(Claimed(leases, tick, now), change);
        leases = leases.With(Raised(leases, tick), change);
        leases = leases.With(Reported(leases, tick), change);
        touched = !ReferenceEquals(before.Shards, leases.Shards) || !ReferenceEquals(before.Nodes, leases.Nodes);
        return leases;
    }

    private static MemoryLeases End(MemoryLeases leases, LeaseTick tick, DateTimeOffset now)
    {
        foreach (var id in tick.Ended.Where(id => id != tick.Node.Id && leases.IsAlive(id, now)))
        {
            var (node, given) = leases.Nodes[id];
            leases = leases with { Nodes = leases.Nodes.SetItem(id, (node with { ExpiresAt = now }, given)) };
        }

        return leases;
    }

    private static IEnumerable<ShardLease> Unregistered(MemoryLeases leases, IReadOnlyList<ShardLease> register)
    {
        if (register.Count == 0)
            return [];
        var known = leases.Shards.Keys.Select(Generation).ToHashSet();
        return register.Where(l => !known.Contains(Generation(l.Shard))).Select(l => l with { Owner = null, Problem = null });
    }

    private static IEnumerable<ShardLease> Claimed(MemoryLeases leases, LeaseTick tick, DateTimeOffset now) =>
        from shard in tick.Claim.Distinct()
        let lease = Find(leases, shard)
        where lease is { State: LeaseState.Wanted } && lease.Owner != tick.Node.Id
        where lease.Owner is null || !leases.IsAlive(lease.Owner.Value, now)
        select lease with { Owner = tick.Node.Id, Epoch = new(lease.Epoch.Value + 1), Problem = null };

    private static IEnumerable<ShardLease> Raised(MemoryLeases leases, LeaseTick tick) =>
        from raise in tick.Raise
        from lease in Owned(leases, tick, [raise.Key])
        where lease.Epoch.Value < raise.Value.Value
        select lease with { Epoch = raise.Value };

    private static IEnumerable<ShardLease> Reported(MemoryLeases leases, LeaseTick tick) =>
        from report in tick.Report
        let problem = report.Value is { NextTry: { } next } value ? value with { NextTry = MemoryLeases.Cut(next) } : report.Value
        from lease in Owned(leases, tick, [report.Key])
        where lease.Problem != problem
        select lease with { Problem = problem };

    private static IEnumerable<ShardLease> Owned(MemoryLeases leases, LeaseTick tick, IReadOnlyList<ShardName> shards) =>
        shards.Select(s => Find(leases, s)).OfType<ShardLease>().Where(l => l.Owner == tick.Node.Id);

    private static ShardLease? Find(MemoryLeases leases, ShardName shard) =>
        leases.Shards.TryGetValue(shard, out var row) ? row.Lease : null;

    private static (string Projection, int Generation, string Database) Generation(ShardName shard) =>
        (shard.Projection, shard.Generation, shard.Database);
}
