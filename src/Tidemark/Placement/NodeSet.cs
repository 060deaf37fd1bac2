namespace Tidemark.Placement;

/// <summary>Some nodes of a roster, by number. A roster makes each set once, so that equal sets are the same object.</summary>
internal sealed class NodeSet(bool[] has)
{
    /// <summary>The nodes, ascending.</summary>
    public int[] Members { get; } = [.. Enumerable.Range(0, has.Length).Where(node => has[node])];

    /// <summary>Whether a node, or -1 for none, is one of them.</summary>
    public bool Contains(int node) => node >= 0 && has[node];
}
