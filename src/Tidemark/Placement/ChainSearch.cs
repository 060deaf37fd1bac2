namespace Tidemark.Placement;

/// <summary>
/// Finds chains of moves: one unit goes from a to b, another from b to c, and so on, so that only the ends carry more or less. Breadth
/// first, so a chain has as few moves as its ends allow. An allotment has one searcher, which marks the kinds.
/// </summary>
internal sealed class ChainSearch(Allotment allotment)
{
    private readonly int[] _queue = new int[allotment.Nodes];
    private readonly int[] _seen = new int[allotment.Nodes];
    private readonly int[] _from = new int[allotment.Nodes];
    private readonly UnitKind?[] _by = new UnitKind?[allotment.Nodes];
    private int _queued;
    private int _search;

    /// <summary>The nodes to which chains of these kinds lead from a node; the node itself is first.</summary>
    public ReadOnlySpan<int> ReachableFrom(int node, UnitKind[] kinds)
    {
        Begin();
        Visit(node, -1, null);
        return Follow(kinds);
    }

    /// <summary>The nodes where chains of these kinds can end that begin with a unit that has no place yet.</summary>
    public ReadOnlySpan<int> ReachableBy(UnitKind waiting, UnitKind[] kinds)
    {
        Begin();
        foreach (var node in waiting.Takers.Members)
            Visit(node, -1, null);
        return Follow(kinds);
    }

    /// <summary>Moves along the chain that was found to a node, and returns the node where it began.</summary>
    public int Move(int last)
    {
        var node = last;
        while (_by[node] is { } kind)
        {
            allotment.Move(kind, _from[node], node);
            node = _from[node];
        }

        return node;
    }

    private void Begin()
    {
        _search++;
        _queued = 0;
    }

    private ReadOnlySpan<int> Follow(UnitKind[] kinds)
    {
        for (var next = 0; next < _queued; next++)
        {
            // Those that have left their home already go first: they cost no further change of owner.
            Expand(_queue[next], kinds, strangersOnly: true);
            Expand(_queue[next], kinds, strangersOnly: false);
        }

        return _queue.AsSpan(0, _queued);
    }

    private void Expand(int node, UnitKind[] kinds, bool strangersOnly)
    {
        foreach (var kind in kinds)
        {
            // All takers of a kind are reached by the first node that has one.
            if (kind.Search == _search || kind.Placed[node] == 0 || (strangersOnly && !kind.HasStranger(node)))
                continue;
            kind.Search = _search;
            foreach (var taker in kind.Takers.Members)
                Visit(taker, node, kind);
        }
    }

    private void Visit(int node, int from, UnitKind? by)
    {
        if (_seen[node] == _search)
            return;
        _seen[node] = _search;
        _from[node] = from;
        _by[node] = by;
        _queue[_queued++] = node;
    }
}
