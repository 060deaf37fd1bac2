using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Placement;

namespace Tidemark.Tests.Placement;

/// <summary>Nodes and shards by short names, and what a plan did with them.</summary>
internal sealed record World(IReadOnlyList<PlacementNode> Nodes, IReadOnlyList<PlacementShard> Shards)
{
    public static readonly Capability Orders = new("Orders", 1);

    public PlacementPlan Plan => Placer.Place(new(Nodes, Shards));

    /// <summary>Equal nodes that can run what is given, or else Orders.</summary>
    public static PlacementNode[] Equal(int count, params Capability[] can) =>
        [.. Enumerable.Range(1, count).Select(number => Node(number, can.Length == 0 ? [Orders] : can))];

    public static PlacementNode Node(int number, params Capability[] can) =>
        new(Id(number), 1, null, IsDraining: false, can.ToHashSet());

    public static Guid Id(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);

    /// <summary>Single shards of Orders without an owner, one in each of as many databases.</summary>
    public static PlacementShard[] Singles(int count, Capability? needs = null, int generation = 1) =>
        [.. Enumerable.Range(0, count).Select(number => Shard($"db{number:00000}", needs, generation))];

    public static PlacementShard Shard(string database, Capability? needs = null, int generation = 1) =>
        new(new((needs ?? Orders).Projection, generation, SlotRange.All, database), null, needs ?? Orders, 1, null, null);

    /// <summary>The slot ranges of one projection.</summary>
    public static PlacementShard[] Partitions(string projection, int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new PlacementShard(
            new(projection, 1, new((short)(i * Slot.Count / count), (short)(((i + 1) * Slot.Count / count) - 1)), "main"),
            null, Orders, 1, null, null)),
    ];

    /// <summary>The world after a plan was carried out.</summary>
    public World Done() => Done(Plan);

    public World Done(PlacementPlan plan) => this with
    {
        Shards = [.. Shards.Select(shard => shard with { Owner = plan.Placed.TryGetValue(shard.Name, out var node) ? node : null })],
    };

    /// <summary>How many shards have an owner that the plan changes or takes away; who has none does not move.</summary>
    public int Moves(PlacementPlan plan) =>
        Shards.Count(shard => shard.Owner is { } owner && (!plan.Placed.TryGetValue(shard.Name, out var node) || node != owner));

    /// <summary>The load of each node, in their order.</summary>
    public long[] Loads(PlacementPlan plan)
    {
        var loads = Nodes.ToDictionary(node => node.Id, _ => 0L);
        foreach (var shard in Shards.Where(shard => plan.Placed.ContainsKey(shard.Name)))
            loads[plan.Placed[shard.Name]] += Math.Max(1, shard.Load);
        return [.. Nodes.Select(node => loads[node.Id])];
    }

    public override string ToString() => string.Join('\n', Nodes.Select(Text).Concat(Shards.Select(Text)));

    private static string Text(PlacementNode node) =>
        $"node {node.Id.ToString()[..8]} weight {node.Weight} max {node.ShardsMax} {(node.IsDraining ? "draining " : "")}can "
        + string.Join(", ", node.Capabilities.Select(c => c.ToString()).Order());

    private static string Text(PlacementShard shard) =>
        $"{shard.Name} load {shard.Load} group {shard.Group} needs {shard.Needs} owner {shard.Owner?.ToString()[..8]} "
        + $"pin {shard.Pin?.ToString()[..8]}";
}
