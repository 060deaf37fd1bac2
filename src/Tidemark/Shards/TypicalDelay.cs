namespace Tidemark.Shards;

/// <summary>
/// A running median: each value moves it by a step in its direction, so that it comes to lie where as many are above as below. A few that
/// are far off do not move it far, as they would a mean.
/// Not safe for concurrent use: its owner locks.
/// </summary>
/// <param name="most">It is never more than this.</param>
internal sealed class TypicalDelay(TimeSpan most)
{
    private const double Step = 1.05;
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(0.5);
    private TimeSpan? _value;

    /// <summary>The median; the most until there is a value.</summary>
    public TimeSpan Value => _value ?? most;

    /// <summary>Takes a value into account.</summary>
    public void Add(TimeSpan delay)
    {
        var moved = _value is not { } value ? delay : delay > value ? value * Step : value / Step;
        _value = moved < Least ? Least : moved > most ? most : moved;
    }
}
