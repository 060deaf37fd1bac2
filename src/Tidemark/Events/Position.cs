using System.Globalization;

namespace Tidemark.Events;

/// <summary>
/// An event's place in the log of one event database. Positions ascend, may have holes, start at 1, and never change.
/// <see cref="Beginning"/> (0, also <c>default</c>) is the place before the first event.
/// </summary>
/// <param name="Value">The number; never negative.</param>
public readonly record struct Position(long Value) : IComparable<Position>
{
    /// <summary>The place before the first event.</summary>
    public static readonly Position Beginning;

    /// <summary>The greatest position there can be; as a bound it means "no bound".</summary>
    public static readonly Position Max = new(long.MaxValue);

    /// <summary>The later of two positions.</summary>
    public static Position Later(Position a, Position b) => a.Value >= b.Value ? a : b;

    /// <summary>The earlier of two positions.</summary>
    public static Position Earlier(Position a, Position b) => a.Value <= b.Value ? a : b;

    /// <inheritdoc />
    public int CompareTo(Position other) => Value.CompareTo(other.Value);

    /// <summary>Whether <paramref name="a"/> lies before <paramref name="b"/>.</summary>
    public static bool operator <(Position a, Position b) => a.Value < b.Value;

    /// <summary>Whether <paramref name="a"/> lies after <paramref name="b"/>.</summary>
    public static bool operator >(Position a, Position b) => a.Value > b.Value;

    /// <summary>Whether <paramref name="a"/> lies before or at <paramref name="b"/>.</summary>
    public static bool operator <=(Position a, Position b) => a.Value <= b.Value;

    /// <summary>Whether <paramref name="a"/> lies after or at <paramref name="b"/>.</summary>
    public static bool operator >=(Position a, Position b) => a.Value >= b.Value;

    /// <inheritdoc />
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
