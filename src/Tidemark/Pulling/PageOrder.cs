using Tidemark.Events;

namespace Tidemark.Pulling;

/// <summary>What begins at a position of the log, kept in lists in that order.</summary>
internal interface IBeginsAt
{
    /// <summary>It begins after this position.</summary>
    Position After { get; }
}

/// <summary>Finds in lists that ascend.</summary>
internal static class PageOrder
{
    /// <summary>The index of the last one that begins at or before a position; -1 for none.</summary>
    public static int LastAtOrBefore<T>(this List<T> ascending, Position position)
        where T : IBeginsAt
    {
        var (low, high) = (0, ascending.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (ascending[middle].After <= position)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }

    /// <summary>Where the next one after a position begins; the greatest position when there is none.</summary>
    public static Position NextAfter<T>(this List<T> ascending, Position position)
        where T : IBeginsAt
    {
        var index = ascending.LastAtOrBefore(position) + 1;
        return index < ascending.Count ? ascending[index].After : Position.Max;
    }
}
