using System.Runtime.InteropServices;
using Tidemark.Leases;

namespace Tidemark.Placement;

/// <summary>The nodes, numbered in the order of their ids, and what each may take.</summary>
internal sealed class Roster
{
    private readonly PlacementNode[] _nodes;
    private readonly Dictionary<Guid, int> _numbers;
    private readonly Dictionary<string, NodeSet> _sets = new(StringComparer.Ordinal);
    private readonly Dictionary<Capability, NodeSet> _takers = [];

    /// <exception cref="ArgumentException">A node is there twice.</exception>
    public Roster(IReadOnlyList<PlacementNode> nodes)
    {
        _nodes = [.. nodes.OrderBy(node => node.Id)];
        _numbers = new(_nodes.Length);
        for (var node = 0; node < _nodes.Length; node++)
        {
            if (!_numbers.TryAdd(_nodes[node].Id, node))
                throw new ArgumentException($"Node {_nodes[node].Id} is given twice; a node is in the roster once.", nameof(nodes));
        }
    }

    public int Count => _nodes.Length;

    public Guid Id(int node) => _nodes[node].Id;

    /// <summary>Its share relative to the others; what a row gives below 1 counts as 1.</summary>
    public int Weight(int node) => Math.Max(1, _nodes[node].Weight);

    /// <summary>The most shards it runs.</summary>
    public int Ceiling(int node) => Math.Max(0, _nodes[node].ShardsMax ?? int.MaxValue);

    public bool IsDraining(int node) => _nodes[node].IsDraining;

    public bool CanRun(int node, Capability needs) => _nodes[node].Capabilities.Contains(needs);

    /// <summary>The number of a node; -1 for none and for one that is not alive.</summary>
    public int NumberOf(Guid? id) => id is { } known && _numbers.TryGetValue(known, out var node) ? node : -1;

    /// <summary>The nodes that take shards with these needs: able to run them and not draining.</summary>
    public NodeSet Takers(Capability needs)
    {
        ref var takers = ref CollectionsMarshal.GetValueRefOrAddDefault(_takers, needs, out _);
        return takers ??= SetOf(node => !IsDraining(node) && CanRun(node, needs));
    }

    /// <summary>The nodes that fulfil a condition.</summary>
    public NodeSet SetOf(Func<int, bool> condition)
    {
        var has = new bool[Count];
        for (var node = 0; node < has.Length; node++)
            has[node] = condition(node);

        var key = string.Create(has.Length, has, static (text, from) =>
        {
            for (var node = 0; node < text.Length; node++)
                text[node] = from[node] ? '1' : '0';
        });
        if (!_sets.TryGetValue(key, out var set))
            _sets[key] = set = new(has);
        return set;
    }

    /// <summary>Why a shard with these needs has no node, for people.</summary>
    public string WhyNone(Capability needs)
    {
        if (Count == 0)
            return "no node is alive";

        var able = Enumerable.Range(0, Count).Where(node => CanRun(node, needs)).ToArray();
        if (able.Length == 0)
            return $"no node can run {needs}";
        if (able.All(IsDraining))
            return $"every node that can run {needs} is draining";
        return able.Any(IsDraining)
            ? $"every node that can run {needs} is draining or at its ceiling (ShardsMax)"
            : $"every node that can run {needs} is at its ceiling (ShardsMax)";
    }
}
