namespace Tidemark.Events;

/// <summary>
/// What an append expects of its stream; when the stream is otherwise, nothing is stored and the append fails with a conflict.
/// </summary>
public readonly record struct ExpectedVersion
{
    private ExpectedVersion(long value) => Value = value;

    /// <summary>No expectation.</summary>
    public static ExpectedVersion Any { get; } = new(-1);

    /// <summary>The stream has no events yet. This is also <c>default</c>.</summary>
    public static ExpectedVersion NoStream { get; } = new(0);

    /// <summary>The stream has at least one event.</summary>
    public static ExpectedVersion StreamExists { get; } = new(-2);

    /// <summary>The number as storage providers pass it on: an exact version, 0 for no stream, -1 for any, -2 for "exists".</summary>
    public long Value { get; }

    /// <summary>The stream's last event has exactly this version.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The version is negative.</exception>
    public static ExpectedVersion Exactly(StreamVersion version)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version.Value);
        return new(version.Value);
    }

    /// <summary>The stream's last event has exactly this version.</summary>
    public static ExpectedVersion Exactly(long version) => Exactly(new StreamVersion(version));

    /// <summary>Whether a stream at <paramref name="actual"/> meets the expectation.</summary>
    public bool IsMetBy(StreamVersion actual) => Value switch
    {
        -1 => true,
        -2 => actual.Value > 0,
        _ => actual.Value == Value,
    };

    /// <inheritdoc />
    public override string ToString() => Value switch
    {
        -1 => "any",
        -2 => "stream exists",
        0 => "no stream",
        _ => $"version {Value}",
    };
}
