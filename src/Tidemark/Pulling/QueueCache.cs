using System.Diagnostics;
using Tidemark.Events;

namespace Tidemark.Pulling;

/// <summary>
/// Bounded shared pages of decoded events, ordered by position and never overlapping. The least recently used page goes first; a cursor
/// that misses reads the log again.
/// Not safe for concurrent use: its owner locks.
/// </summary>
internal sealed class QueueCache(long bytesMax)
{
    private const int PagesMax = 8192;
    private const int PassedPagesKept = 2;

    private readonly List<EventPage> _pages = [];
    private long _use;

    public long Bytes { get; private set; }

    public int Pages => _pages.Count;

    /// <summary>The page that covers the position after this one; null on a miss.</summary>
    public EventPage? Find(Position position)
    {
        var index = _pages.LastAtOrBefore(position);
        if (index < 0 || !_pages[index].Covers(position))
            return null;
        _pages[index].LastUse = ++_use;
        return _pages[index];
    }

    /// <summary>Whether a page covers the position after this one; does not count as a use.</summary>
    public bool Contains(Position position) => PageAt(position) is not null;

    /// <summary>The page that covers the position after this one; null when there is none. Does not count as a use.</summary>
    public EventPage? PageAt(Position position)
    {
        var index = _pages.LastAtOrBefore(position);
        return index >= 0 && _pages[index].Covers(position) ? _pages[index] : null;
    }

    /// <summary>Where the next page after a position begins: how far a read may go without reading again what is here.</summary>
    public Position NextPageAfter(Position position) => _pages.NextAfter(position);

    /// <summary>Adds a page unless what is here already covers a part of it.</summary>
    public void Add(EventPage page)
    {
        var index = _pages.LastAtOrBefore(page.After);
        if (index >= 0 && _pages[index].Through > page.After)
            return;
        if (index + 1 < _pages.Count && _pages[index + 1].After < page.Through)
            return;
        page.LastUse = ++_use;
        _pages.Insert(index + 1, page);
        Bytes += page.Bytes;
        while ((Bytes > bytesMax || _pages.Count > PagesMax) && _pages.Count > 1)
            EvictOne(page);
        AssertInvariants();
    }

    /// <summary>
    /// Drops pages that every reader has passed, but for the newest of them: who comes later begins elsewhere, and what is kept long is
    /// copied by the garbage collector.
    /// </summary>
    public void DropPassed(Position allHavePassed)
    {
        var passed = 0;
        while (passed < _pages.Count && _pages[passed].Through <= allHavePassed)
            passed++;
        var drop = passed - PassedPagesKept;
        if (drop <= 0)
            return;
        for (var i = 0; i < drop; i++)
            Bytes -= _pages[i].Bytes;
        _pages.RemoveRange(0, drop);
    }

    /// <summary>Drops the page that covers the position after this one, if it is here.</summary>
    public void Drop(Position position)
    {
        var index = _pages.LastAtOrBefore(position);
        if (index < 0 || !_pages[index].Covers(position))
            return;
        Bytes -= _pages[index].Bytes;
        _pages.RemoveAt(index);
    }

    /// <summary>Drops everything; after the readers' interests grew, pages read for the former ones may lack events.</summary>
    public void Clear()
    {
        _pages.Clear();
        Bytes = 0;
    }

    private void EvictOne(EventPage keep)
    {
        var oldest = -1;
        for (var i = 0; i < _pages.Count; i++)
        {
            if (_pages[i] != keep && (oldest < 0 || _pages[i].LastUse < _pages[oldest].LastUse))
                oldest = i;
        }

        Bytes -= _pages[oldest].Bytes;
        _pages.RemoveAt(oldest);
    }

    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        long bytes = 0;
        for (var i = 0; i < _pages.Count; i++)
        {
            bytes += _pages[i].Bytes;
            Debug.Assert(i == 0 || _pages[i - 1].Through <= _pages[i].After, "Pages do not overlap.");
        }

        Debug.Assert(bytes == Bytes, "The byte count is the sum of the pages.");
    }
}
