using Tidemark.Leases;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite.Coordination;

/// <summary>One change of the roster and the leases, inside a transaction that holds the write lock.</summary>
internal sealed class LeaseWriter(SqliteSession session, DateTimeOffset clock)
{
    private static readonly TimeSpan ExpiredNodesKept = TimeSpan.FromHours(1);

    private readonly long _now = Microseconds.Of(clock);
    private readonly long _next = LastChange(session) + 1;

    /// <summary>See <see cref="ILeaseStore.TickAsync"/>. A heartbeat alone leaves the counter of changes as it is.</summary>
    public LeaseView Tick(LeaseTick tick)
    {
        var node = tick.Node.Id;
        var before = FindNode(node);
        var touched = Apply(tick);
        var counted = touched > 0 || before is null || tick.Node.State > before.Value.State;
        if (counted)
            SaveChange();
        Beat(tick, given: counted ? _next : _next - 1);
        session.Prepare(SqlText.DeleteExpiredNodes)
            .Bind(1, _now).Bind(2, node).Bind(3, Microseconds.Of(clock - ExpiredNodesKept)).Run();
        var known = tick.KnownChange > 0 && tick.KnownChange <= before?.Given ? tick.KnownChange : 0;
        return LeaseRows.View(session, known, clock, owners: false);
    }

    /// <summary>Gives everything back and takes the node off the roster. False when there was nothing to do.</summary>
    public bool Leave(Guid node)
    {
        var touched = Run(session.Prepare(SqlText.ReleaseLeases).Bind(1, node).Bind(2, _next));
        touched += Run(session.Prepare(SqlText.DeleteNode).Bind(1, node));
        if (touched > 0)
            SaveChange();
        return touched > 0;
    }

    /// <summary>See <see cref="ILeaseStore.ChangeAsync"/>. False when the transaction must be rolled back.</summary>
    public bool Change(LeaseChange change)
    {
        foreach (var (shard, state, unowned) in change.When)
        {
            if (!Exists(session.Prepare(SqlText.FindLeaseAsRequired)
                .Bind(1, shard.ToString()).Bind(2, (long)state).Bind(3, unowned ? 1 : 0).Bind(4, _now)))
            {
                return false;
            }
        }

        foreach (var lease in change.Add)
            Upsert(lease);
        foreach (var (shard, state) in change.Set)
        {
            if (Run(session.Prepare(SqlText.SetLeaseState).Bind(1, shard.ToString()).Bind(2, (long)state).Bind(3, _next)) == 0)
                return false;
        }

        foreach (var (shard, pin) in change.Pin)
        {
            if (Run(session.Prepare(SqlText.SetLeasePin).Bind(1, shard.ToString()).Bind(2, pin).Bind(3, _next)) == 0)
                return false;
        }

        foreach (var shard in change.Remove)
            session.Prepare(SqlText.DeleteLease).Bind(1, shard.ToString()).Run();
        foreach (var (node, state) in change.Nodes)
        {
            if (Run(session.Prepare(SqlText.SetNodeState).Bind(1, node).Bind(2, (long)state)) == 0)
                return false;
        }

        SaveChange();
        return true;
    }

    private static long LastChange(SqliteSession session)
    {
        using var row = session.Prepare(SqlText.ReadLeaseChange);
        return row.Step() ? row.Int64(0) : 0;
    }

    private int Apply(LeaseTick tick)
    {
        var node = tick.Node.Id;
        var touched = 0;
        foreach (var ended in tick.Ended.Where(id => id != node))
            touched += Run(session.Prepare(SqlText.ExpireNode).Bind(1, ended).Bind(2, _now));
        touched += Register(tick.Register);
        foreach (var shard in tick.Release)
            touched += Run(session.Prepare(SqlText.ReleaseLease).Bind(1, shard.ToString()).Bind(2, node).Bind(3, _next));
        foreach (var shard in tick.Claim)
            touched += Run(session.Prepare(SqlText.ClaimLease).Bind(1, shard.ToString()).Bind(2, node).Bind(3, _next).Bind(4, _now));
        foreach (var (shard, epoch) in tick.Raise)
        {
            touched += Run(
                session.Prepare(SqlText.RaiseLease).Bind(1, shard.ToString()).Bind(2, node).Bind(3, epoch.Value).Bind(4, _next));
        }

        foreach (var (shard, problem) in tick.Report)
        {
            touched += Run(session.Prepare(SqlText.ReportProblem)
                .Bind(1, shard.ToString()).Bind(2, node).Bind(3, problem?.Category).Bind(4, problem?.Message)
                .Bind(5, problem?.NextTry is { } next ? Microseconds.Of(next) : null).Bind(6, _next));
        }

        return touched;
    }

    private int Register(IReadOnlyList<ShardLease> leases)
    {
        var made = 0;
        foreach (var generation in leases.GroupBy(l => (l.Shard.Projection, l.Shard.Generation, l.Shard.Database)))
        {
            var (projection, number, database) = generation.Key;
            if (Exists(session.Prepare(SqlText.FindLeaseGeneration).Bind(1, projection).Bind(2, number).Bind(3, database)))
                continue;
            foreach (var lease in generation)
            {
                Upsert(lease);
                made++;
            }
        }

        return made;
    }

    private void Upsert(ShardLease lease) =>
        session.Prepare(SqlText.UpsertLease)
            .Bind(1, lease.Shard.ToString()).Bind(2, lease.Shard.Projection).Bind(3, lease.Shard.Generation)
            .Bind(4, lease.Shard.Database).Bind(5, lease.Group).Bind(6, lease.Version).Bind(7, (long)lease.State)
            .Bind(8, lease.Epoch.Value).Bind(9, lease.Pin).Bind(10, _next).Run();

    private void Beat(LeaseTick tick, long given)
    {
        var node = tick.Node;
        session.Prepare(SqlText.UpsertNode)
            .Bind(1, node.Id).Bind(2, node.Name).Bind(3, node.Host).Bind(4, node.ProcessId)
            .Bind(5, Microseconds.Of(node.ProcessStartedAt)).Bind(6, (long)node.State).Bind(7, node.Weight)
            .Bind(8, (long?)node.ShardsMax).Bind(9, CapabilityJson.Write(node.Capabilities))
            .Bind(10, _now).Bind(11, Microseconds.Of(clock + tick.TimeToLive)).Bind(12, given).Run();
    }

    private (NodeState State, long Given)? FindNode(Guid node)
    {
        using var row = session.Prepare(SqlText.FindNode).Bind(1, node);
        return row.Step() ? ((NodeState)row.Int64(0), row.Int64(1)) : null;
    }

    private void SaveChange() => session.Prepare(SqlText.SaveLeaseChange).Bind(1, _next).Run();

    private int Run(Statement statement)
    {
        statement.Run();
        return session.Changes();
    }

    private static bool Exists(Statement statement)
    {
        using var row = statement;
        return row.Step();
    }
}
