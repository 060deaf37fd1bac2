namespace Tidemark.Placement;

/// <summary>
/// What each node carries, and whether a move makes it more even. The measure is the sum over the nodes of load² / weight: smaller is more
/// even. Where all loads are equal, no chain of moves being able to lower it means that nothing can, and equal nodes are at most one apart.
/// </summary>
internal sealed class Ledger
{
    private readonly long[] _loads;
    private readonly long[] _rooms;
    private readonly ulong[] _weights;

    public Ledger(Roster roster)
    {
        _loads = new long[roster.Count];
        _rooms = [.. Enumerable.Range(0, roster.Count).Select(node => (long)roster.Ceiling(node))];
        _weights = [.. Enumerable.Range(0, roster.Count).Select(node => (ulong)roster.Weight(node))];
    }

    /// <summary>How many more shards a node may run; negative while it has too many.</summary>
    public long Room(int node) => _rooms[node];

    public void AddLoad(int node, long load) => _loads[node] += load;

    public void AddShards(int node, int count) => _rooms[node] -= count;

    /// <summary>Whether moving this much makes it more even. The source has at least as much.</summary>
    public bool Improves(int from, int to, long load) => Compare(Relief(from, load), _weights[to], Burden(to, load), _weights[from]) > 0;

    /// <summary>Whether moving this much leaves it at least as even.</summary>
    public bool Allows(int from, int to, long load) => Compare(Relief(from, load), _weights[to], Burden(to, load), _weights[from]) >= 0;

    /// <summary>How much more even it would be; for choosing among moves that improve.</summary>
    public double Gain(int from, int to, long load) =>
        load * (((double)Relief(from, load) / _weights[from]) - ((double)Burden(to, load) / _weights[to]));

    /// <summary>Whether one node carries less than another, once this much more is put on it.</summary>
    public bool IsLighter(int one, int other, long load) =>
        Compare(Burden(one, load), _weights[other], Burden(other, load), _weights[one]) < 0;

    /// <summary>Whether taking this much away relieves one node more than another. Both have at least as much.</summary>
    public bool IsHeavier(int one, int other, long load) =>
        Compare(Relief(one, load), _weights[other], Relief(other, load), _weights[one]) > 0;

    // The change of load² by taking or adding, divided by the load that is moved.
    private ulong Relief(int node, long load) => (ulong)((2 * _loads[node]) - load);

    private ulong Burden(int node, long load) => (ulong)((2 * _loads[node]) + load);

    private static int Compare(ulong a, ulong b, ulong c, ulong d) => Math.BigMul(a, b).CompareTo(Math.BigMul(c, d));
}
