namespace Tidemark.Placement;

/// <summary>
/// Units that are alike for balancing: the same takers, load and count. Balancing counts them per node; which unit is which is settled
/// afterwards, so that as many as possible stay.
/// </summary>
internal sealed class UnitKind(NodeSet takers, long load, int count, bool hasRefuge, int nodes)
{
    public NodeSet Takers => takers;

    /// <summary>What one unit weighs.</summary>
    public long Load => load;

    /// <summary>How many shards one unit has.</summary>
    public int Count => count;

    /// <summary>They still run on draining nodes, so others come first.</summary>
    public bool HasRefuge => hasRefuge;

    /// <summary>Per node, how many have it as home.</summary>
    public int[] Home { get; } = new int[nodes];

    /// <summary>Per node, how many are placed there.</summary>
    public int[] Placed { get; } = new int[nodes];

    /// <summary>How many are not placed yet.</summary>
    public int Waiting { get; set; }

    /// <summary>The last search that has looked at it.</summary>
    public int Search { get; set; }

    /// <summary>Whether a node has one that is not at home there.</summary>
    public bool HasStranger(int node) => Placed[node] > Home[node];
}
