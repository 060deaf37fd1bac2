using System.Collections.Frozen;
using Tidemark.Leases;

namespace Tidemark.Placement;

/// <summary>What a node knows of the cluster: the roster, the shards, and from both who is to run what. Immutable.</summary>
internal sealed class LeaseBook
{
    /// <summary>Nothing known yet.</summary>
    public static readonly LeaseBook Empty = new([], new Dictionary<ShardName, ShardLease>(), 0, default, 0);

    private LeaseBook(
        IReadOnlyList<Node> nodes, IReadOnlyDictionary<ShardName, ShardLease> shards, long change, DateTimeOffset now, long lastCommand)
    {
        Nodes = nodes;
        Shards = shards;
        Change = change;
        Now = now;
        LastCommand = lastCommand;
        Alive = nodes.Select(n => n.Id).ToFrozenSet();
        Plan = Placer.Place(Input());
    }

    /// <summary>The nodes that are alive.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>Every shard, in whatever state.</summary>
    public IReadOnlyDictionary<ShardName, ShardLease> Shards { get; }

    /// <summary>The change up to which the shards are known.</summary>
    public long Change { get; }

    /// <summary>The coordination database's clock when this was known.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>The number of the newest operator command.</summary>
    public long LastCommand { get; }

    /// <summary>Who is to run what.</summary>
    public PlacementPlan Plan { get; }

    private FrozenSet<Guid> Alive { get; }

    /// <summary>What is known after a tick.</summary>
    public LeaseBook With(LeaseView view)
    {
        if (view.Shards.Count == 0 && !view.IsComplete && SameNodes(view.Nodes))
            return new LeaseBook(this, view);
        var shards = view.IsComplete ? [] : new Dictionary<ShardName, ShardLease>(Shards);
        foreach (var lease in view.Shards)
            shards[lease.Shard] = lease;
        return new LeaseBook(view.Nodes, shards, view.Change, view.Now, view.LastCommand);
    }

    // The same shards and nodes, with newer heartbeats: the plan stays.
    private LeaseBook(LeaseBook former, LeaseView view)
    {
        Nodes = view.Nodes;
        Shards = former.Shards;
        Change = view.Change;
        Now = view.Now;
        LastCommand = view.LastCommand;
        Alive = former.Alive;
        Plan = former.Plan;
    }

    /// <summary>The living node that owns a shard; null when nobody does.</summary>
    public Guid? OwnerOf(ShardLease lease) => lease.Owner is { } owner && Alive.Contains(owner) ? owner : null;

    /// <summary>The shards of a generation.</summary>
    public IEnumerable<ShardLease> Of(string projection, int generation, string database) =>
        Shards.Values.Where(l => l.Shard.Projection == projection && l.Shard.Generation == generation && l.Shard.Database == database);

    private bool SameNodes(IReadOnlyList<Node> nodes) =>
        nodes.Count == Nodes.Count && nodes.Zip(Nodes).All(pair =>
            pair.First.Id == pair.Second.Id && pair.First.State == pair.Second.State && pair.First.Weight == pair.Second.Weight
            && pair.First.ShardsMax == pair.Second.ShardsMax
            && pair.First.Capabilities.SequenceEqual(pair.Second.Capabilities));

    private PlacementInput Input()
    {
        var nodes = Nodes.Select(n => new PlacementNode(
            n.Id, Math.Max(1, n.Weight), n.ShardsMax, n.State == NodeState.Draining, n.Capabilities.ToHashSet()));
        var shards = Shards.Values.Where(l => l.State == LeaseState.Wanted)
            .Select(l => new PlacementShard(l.Shard, l.Group, l.Needs, 1, OwnerOf(l), l.Pin));
        return new PlacementInput([.. nodes], [.. shards]);
    }
}
