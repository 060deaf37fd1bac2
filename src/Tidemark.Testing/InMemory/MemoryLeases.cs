using System.Collections.Immutable;
using Tidemark.Control;
using Tidemark.Leases;

namespace Tidemark.Testing.InMemory;

/// <summary>Roster, leases and operator commands of a database, as one immutable value.</summary>
internal sealed record MemoryLeases
{
    public static readonly MemoryLeases Empty = new();

    private static readonly TimeSpan ExpiredNodesKept = TimeSpan.FromHours(1);

    /// <summary>How many changes there were.</summary>
    public long Change { get; init; }

    /// <summary>Nodes with the change that each one's last answer named.</summary>
    public ImmutableDictionary<Guid, (Node Node, long Given)> Nodes { get; init; } = ImmutableDictionary<Guid, (Node, long)>.Empty;

    /// <summary>Shards with the change that touched each last.</summary>
    public ImmutableDictionary<ShardName, (ShardLease Lease, long Change)> Shards { get; init; } =
        ImmutableDictionary<ShardName, (ShardLease, long)>.Empty;

    public ImmutableList<OperatorCommand> Commands { get; init; } = [];

    public bool IsAlive(Guid node, DateTimeOffset now) => Nodes.TryGetValue(node, out var row) && row.Node.ExpiresAt > now;

    /// <summary>See <see cref="ILeaseStore.TickAsync"/>. A heartbeat alone leaves the counter of changes as it is.</summary>
    public (MemoryLeases Leases, LeaseView View) Tick(LeaseTick tick, DateTimeOffset now)
    {
        var given = tick.Node;
        var before = Nodes.TryGetValue(given.Id, out var row) ? row.Node : null;
        var known = before is not null && tick.KnownChange <= row.Given ? Math.Max(0, tick.KnownChange) : 0;
        var next = MemoryTick.Apply(this, tick, Change + 1, now, out var touched);
        if (touched || before is null || given.State > before.State)
            next = next with { Change = Change + 1 };

        var node = given with
        {
            State = before is not null && before.State > given.State ? before.State : given.State,
            ProcessStartedAt = Cut(given.ProcessStartedAt),
            StartedAt = before?.StartedAt ?? now,
            ExpiresAt = now + tick.TimeToLive,
        };
        next = next with { Nodes = next.Nodes.SetItem(node.Id, (node, next.Change)) };
        return (next.WithoutExpired(now), next.View(known, now, owners: false));
    }

    public MemoryLeases Leave(Guid node)
    {
        var owned = Shards.Values.Where(s => s.Lease.Owner == node).Select(s => s.Lease with { Owner = null }).ToList();
        return owned.Count == 0 && !Nodes.ContainsKey(node)
            ? this
            : With(owned, Change + 1) with { Change = Change + 1, Nodes = Nodes.Remove(node) };
    }

    /// <summary>See <see cref="ILeaseStore.ChangeAsync"/>; null when it is refused.</summary>
    public MemoryLeases? TryChange(LeaseChange change, DateTimeOffset now)
    {
        if (!change.When.All(w => Holds(w, now)) || !change.Nodes.All(n => Nodes.ContainsKey(n.Key)))
            return null;
        var number = Change + 1;
        var next = With(change.Add.Select(Made), number);
        if (!change.Set.Select(s => s.Key).Concat(change.Pin.Select(p => p.Key)).All(next.Shards.ContainsKey))
            return null;

        foreach (var (shard, state) in change.Set)
            next = next.With([next.Shards[shard].Lease with { State = state }], number);
        foreach (var (shard, pin) in change.Pin)
            next = next.With([next.Shards[shard].Lease with { Pin = pin }], number);
        var nodes = Nodes;
        foreach (var (id, state) in change.Nodes)
            nodes = nodes.SetItem(id, (nodes[id].Node with { State = state }, nodes[id].Given));
        return next with { Change = number, Nodes = nodes, Shards = next.Shards.RemoveRange(change.Remove) };
    }

    /// <summary>The answer to a node: the shards that changed after what it knows.</summary>
    public LeaseView View(long known, DateTimeOffset now, bool owners)
    {
        var owning = owners ? Shards.Values.Select(s => s.Lease.Owner).ToHashSet() : [];
        return new LeaseView(
            Change,
            now,
            [.. Nodes.Values.Select(n => n.Node).Where(n => n.ExpiresAt > now || owning.Contains(n.Id)).OrderBy(n => n.Id)],
            [
                .. Shards.Values.Where(s => s.Change > known).Select(s => s.Lease)
                    .OrderBy(l => l.Shard.ToString(), CodePointOrder.Instance),
            ],
            Commands.Count)
        {
            IsComplete = known == 0,
        };
    }

    /// <summary>These shards made or replaced.</summary>
    public MemoryLeases With(IEnumerable<ShardLease> leases, long change) =>
        this with { Shards = Shards.SetItems(leases.Select(l => KeyValuePair.Create(l.Shard, (l, change)))) };

    /// <summary>A moment as the SQL stores hold it: whole microseconds.</summary>
    public static DateTimeOffset Cut(DateTimeOffset moment) =>
        new(moment.UtcTicks - (moment.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    private bool Holds(LeaseCondition condition, DateTimeOffset now) =>
        Shards.TryGetValue(condition.Shard, out var row)
        && row.Lease.State == condition.State
        && !(condition.Unowned && row.Lease.Owner is { } owner && IsAlive(owner, now));

    private ShardLease Made(ShardLease lease) => lease with
    {
        Owner = null,
        Problem = null,
        Epoch = Shards.TryGetValue(lease.Shard, out var row) && row.Lease.Epoch.Value > lease.Epoch.Value ? row.Lease.Epoch : lease.Epoch,
    };

    private MemoryLeases WithoutExpired(DateTimeOffset now)
    {
        var expired = Nodes.Values.Where(n => n.Node.ExpiresAt <= now).Select(n => n.Node).ToList();
        if (expired.Count == 0)
            return this;
        var owning = Shards.Values.Select(s => s.Lease.Owner).ToHashSet();
        return this with
        {
            Nodes = Nodes.RemoveRange(
                expired.Where(n => n.ExpiresAt < now - ExpiredNodesKept || !owning.Contains(n.Id)).Select(n => n.Id)),
        };
    }
}
