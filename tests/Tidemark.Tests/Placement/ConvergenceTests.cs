using FsCheck;
using FsCheck.Fluent;
using Tidemark.Leases;
using Tidemark.Placement;

namespace Tidemark.Tests.Placement;

/// <summary>
/// Nodes place by themselves, each from its own view of who owns what, which may be old. A node releases only what it owns and claims only
/// what nobody owns, as the store enforces.
/// </summary>
public sealed class ConvergenceTests
{
    /// <summary>Rounds in which every node acts once.</summary>
    private const int RoundsMax = 12;

    [Fact]
    public void Nodes_with_old_views_come_to_one_plan() => Prop.ForAll(
        Arb.From(
            from world in Gen.OneOf(Worlds.Equal, Worlds.Units, Worlds.Any, Worlds.Groups)
            from seed in Gen.Choose(0, int.MaxValue)
            select (world, seed)),
        given => new Cluster(given.world, given.seed).Settle()).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private sealed class Cluster(World world, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Dictionary<ShardName, Guid> _owners = world.Shards
            .Where(shard => world.Nodes.Any(node => node.Id == shard.Owner)).ToDictionary(shard => shard.Name, shard => shard.Owner!.Value);

        /// <summary>What was true after each step.</summary>
        private readonly List<Dictionary<ShardName, Guid>> _history = [];

        public void Settle()
        {
            _history.Add(new(_owners));
            for (var round = 0; round < RoundsMax; round++)
            {
                var nodes = world.Nodes.ToArray();
                _random.Shuffle(nodes);
                foreach (var node in nodes)
                    Act(node, nodes.Length);
            }

            var plan = Placer.Place(Seen(_owners));
            _owners.ShouldBe(plan.Placed, ignoreOrder: true);
        }

        /// <summary>One tick of a node, which sees what was true up to so many steps ago.</summary>
        private void Act(PlacementNode node, int stepsBehindMax)
        {
            var behind = _random.Next(Math.Min(stepsBehindMax + 1, _history.Count));
            var plan = Placer.Place(Seen(_history[^(1 + behind)]));
            foreach (var (shard, owner) in _owners.ToArray())
            {
                if (owner == node.Id && (!plan.Placed.TryGetValue(shard, out var other) || other != node.Id))
                    _owners.Remove(shard);
            }

            foreach (var (shard, chosen) in plan.Placed)
            {
                if (chosen != node.Id)
                    continue;
                if (_owners.TryAdd(shard, node.Id))
                    node.Capabilities.ShouldContain(Needs(shard));
            }

            _history.Add(new(_owners));
        }

        private Capability Needs(ShardName shard) => world.Shards.Single(s => s.Name == shard).Needs;

        private PlacementInput Seen(Dictionary<ShardName, Guid> owners) => new(
            world.Nodes,
            [.. world.Shards.Select(s => s with { Owner = owners.TryGetValue(s.Name, out var owner) ? owner : null })]);
    }
}
