using Tidemark.Events;

namespace Tidemark.Pulling;

/// <summary>
/// The pages on their way from the log, ordered by where they begin. What is outdated is found no more, but stays until it ends: who awaits
/// it gets it, and the owner's end waits for it.
/// Not safe for concurrent use: its owner locks.
/// </summary>
internal sealed class PageReads
{
    private readonly List<PageRead> _current = [];
    private readonly HashSet<PageRead> _outdated = [];

    /// <summary>How many will come into the cache.</summary>
    public int Count => _current.Count;

    /// <summary>Completes when all have ended, however.</summary>
    public Task All => Task.WhenAll(_current.Concat(_outdated).Select(r => r.Task));

    /// <summary>The one that covers the position after this one, as far as is known; null when there is none.</summary>
    public PageRead? Find(Position position)
    {
        var index = _current.LastAtOrBefore(position);
        return CoveringAt(index, position) ?? CoveringAt(index - 1, position);
    }

    /// <summary>Where the next one after a position begins: how far another may go without reading the same again.</summary>
    public Position NextAfter(Position position) => _current.NextAfter(position);

    /// <summary>Whether it is as good as one that began now.</summary>
    public bool IsCurrent(PageRead read) => !_outdated.Contains(read);

    /// <summary>Adds one; there is none yet that begins there.</summary>
    public void Add(PageRead read) => _current.Insert(_current.LastAtOrBefore(read.After) + 1, read);

    /// <summary>Takes one out that has ended.</summary>
    public void Remove(PageRead read)
    {
        if (!_outdated.Remove(read))
            _current.Remove(read);
    }

    /// <summary>What is on its way lacks events that are needed now.</summary>
    public void Outdate()
    {
        _outdated.UnionWith(_current);
        _current.Clear();
    }

    /// <summary>What is on its way and may hold the position after this one was perhaps read before that was repaired.</summary>
    public void Outdate(Position position)
    {
        foreach (var read in _current.Where(r => r.After <= position && position < (r.Through ?? r.Bound)).ToList())
        {
            _current.Remove(read);
            _outdated.Add(read);
        }
    }

    // Two overlap when the later one began before it was known where the earlier one ends.
    private PageRead? CoveringAt(int index, Position position) =>
        index >= 0 && (_current[index].After == position || position < _current[index].Through) ? _current[index] : null;
}
