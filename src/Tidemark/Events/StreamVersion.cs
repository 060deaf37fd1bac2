using System.Globalization;

namespace Tidemark.Events;

/// <summary>
/// An event's number inside its stream, from 1 without holes. <see cref="None"/> (0) is the version of a stream without events.
/// </summary>
/// <param name="Value">The number; never negative.</param>
public readonly record struct StreamVersion(long Value) : IComparable<StreamVersion>
{
    /// <summary>The version of a stream without events.</summary>
    public static readonly StreamVersion None;

    /// <inheritdoc />
    public int CompareTo(StreamVersion other) => Value.CompareTo(other.Value);

    /// <summary>Whether <paramref name="a"/> is lower than <paramref name="b"/>.</summary>
    public static bool operator <(StreamVersion a, StreamVersion b) => a.Value < b.Value;

    /// <summary>Whether <paramref name="a"/> is higher than <paramref name="b"/>.</summary>
    public static bool operator >(StreamVersion a, StreamVersion b) => a.Value > b.Value;

    /// <summary>Whether <paramref name="a"/> is at most <paramref name="b"/>.</summary>
    public static bool operator <=(StreamVersion a, StreamVersion b) => a.Value <= b.Value;

    /// <summary>Whether <paramref name="a"/> is at least <paramref name="b"/>.</summary>
    public static bool operator >=(StreamVersion a, StreamVersion b) => a.Value >= b.Value;

    /// <inheritdoc />
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
