namespace Tidemark.Shards;

/// <summary>
/// A running median: each value moves it by a step in its direction, so that it comes to lie where as many are above as below. A few that
/// are far off do not move it far, as they would a mean.
/// Not safe for concurrent use: its owner locks.
/// </summary>
/// <param name="first">What counts until there is a value.</param>
/// <param name="most">It is never more than this.</param>
internal sealed class TypicalDelay(TimeSpan first, TimeSpan most)
{
    private const double Step = 1.05;
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(0.5);
    private TimeSpan? _value;

    /// <summary>The median.</summary>
    public TimeSpan Value => _value ?? first;

    /// <summary>Takes a value into account.</summary>
    public void Add(TimeSpan delay)
    {
        var moved = _value is not { } value ? delay : delay > value ? value * Step : value / Step;
        _value = moved < Least ? Least : moved > most ? most : moved;
    }
}
