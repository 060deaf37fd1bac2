namespace Tidemark.Placement;

/// <summary>The shards in the order of their names, with nodes as numbers, and where each is placed.</summary>
internal sealed class ShardRoll
{
    private readonly PlacementShard[] _shards;
    private readonly int[] _owners;
    private readonly NodeSet[] _takers;
    private readonly int[] _nodes;

    public ShardRoll(Roster roster, IReadOnlyList<PlacementShard> shards)
    {
        _shards = ShardOrder.Sort(shards);
        _owners = new int[_shards.Length];
        _takers = new NodeSet[_shards.Length];
        _nodes = new int[_shards.Length];
        Array.Fill(_nodes, -1);
        for (var shard = 0; shard < _shards.Length; shard++)
        {
            _owners[shard] = roster.NumberOf(_shards[shard].Owner);
            _takers[shard] = shard > 0 && _shards[shard].Needs == _shards[shard - 1].Needs
                ? _takers[shard - 1]
                : roster.Takers(_shards[shard].Needs);
        }
    }

    public int Count => _shards.Length;

    public PlacementShard this[int shard] => _shards[shard];

    /// <summary>What it weighs; what is below 1 counts as 1.</summary>
    public int Load(int shard) => Math.Max(1, _shards[shard].Load);

    /// <summary>The living node that has it, able to run it or not; -1 for none.</summary>
    public int Owner(int shard) => _owners[shard];

    /// <summary>The nodes that take it.</summary>
    public NodeSet Takers(int shard) => _takers[shard];

    /// <summary>Where it is placed; -1 while it is not.</summary>
    public int Node(int shard) => _nodes[shard];

    public void Place(int shard, int node) => _nodes[shard] = node;

    /// <summary>
    /// For each shard the number of its family, the shards of one projection and generation; -1 where the family is the shard alone.
    /// </summary>
    public int[] Families(out int count)
    {
        var families = new int[_shards.Length];
        count = 0;
        for (var first = 0; first < families.Length;)
        {
            var end = first + 1;
            while (end < families.Length && AreFamily(_shards[first], _shards[end]))
                end++;
            Array.Fill(families, end - first > 1 ? count++ : -1, first, end - first);
            first = end;
        }

        return families;
    }

    private static bool AreFamily(PlacementShard one, PlacementShard other) =>
        one.Name.Generation == other.Name.Generation && one.Name.Projection == other.Name.Projection;
}
