using Tidemark.Hosting;
using Tidemark.Leases;
using Node = Tidemark.Leases.Node;

namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>Roster and owners at one moment, by the database's clock.</summary>
internal sealed class Sight
{
    private readonly Dictionary<Guid, Node> _alive;

    public Sight(LeaseView view)
    {
        Now = view.Now;
        Nodes = view.Nodes;
        Wanted = [.. view.Shards.Where(l => l.State == LeaseState.Wanted)];
        Shards = view.Shards;
        _alive = view.Nodes.Where(n => n.ExpiresAt > view.Now).ToDictionary(n => n.Id);
    }

    public DateTimeOffset Now { get; }

    /// <summary>Those that are alive, and expired ones that own shards.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    public IReadOnlyCollection<Node> Alive => _alive.Values;

    /// <summary>The shards that are to run.</summary>
    public IReadOnlyList<ShardLease> Wanted { get; }

    /// <summary>All shards.</summary>
    public IReadOnlyList<ShardLease> Shards { get; }

    /// <summary>How often shards were claimed so far.</summary>
    public long Claims => Wanted.Sum(l => l.Epoch.Value);

    /// <summary>Looks at a store.</summary>
    public static async Task<Sight> LookAsync(TidemarkHost host) =>
        new(await host.Database.Storage.Leases.ReadAsync(TestContext.Current.CancellationToken));

    /// <summary>Whether every wanted shard has a living owner.</summary>
    public bool AllOwned(int shards) => Wanted.Count == shards && Wanted.All(l => OwnerOf(l) is not null);

    /// <summary>Whether so many shards are spread over all living nodes, at most one apart.</summary>
    public bool IsEven(int shards)
    {
        int[] counts = [.. _alive.Keys.Select(id => Wanted.Count(l => l.Owner == id))];
        return AllOwned(shards) && counts.Length > 0 && counts.Max() - counts.Min() <= 1;
    }

    /// <summary>The living node that owns a shard.</summary>
    public Node? OwnerOf(ShardLease lease) =>
        lease.Owner is { } owner && _alive.TryGetValue(owner, out Node? node) ? node : null;

    /// <summary>What a process owns.</summary>
    public IReadOnlyList<ShardLease> OwnedBy(Cluster.Tests.Nodes.Node node) =>
        [.. Wanted.Where(l => OwnerOf(l)?.ProcessId == node.Process.ProcessId)];

    /// <summary>
    /// Whether a node knows that it lost a shard that another one took: it has told so, or has claimed the shard anew, perhaps too soon to
    /// tell.
    /// </summary>
    public bool HasLost(Cluster.Tests.Nodes.Node node, string shard) =>
        node.HasToldOfLoss(shard) || OwnedBy(node).Any(l => l.Shard.ToString() == shard);

    /// <summary>For messages.</summary>
    public override string ToString() => string.Join(
        "; ",
        Nodes.Select(n => $"node {n.ProcessId} {(_alive.ContainsKey(n.Id) ? "owns" : "expired with")} {Wanted.Count(l => l.Owner == n.Id)}")
            .Append($"without a living owner: {string.Join(", ", Wanted.Where(l => OwnerOf(l) is null).Select(l => l.Shard))}"));
}
