namespace Tidemark.Events;

/// <summary>The name of a stream: the ordered events of one aggregate. Compared ordinally, unique within a tenant.</summary>
public readonly record struct StreamId
{
    /// <summary>The longest name, in UTF-16 characters.</summary>
    public const int LengthMax = 250;

    private readonly string? _value;

    /// <summary>Makes a stream id.</summary>
    /// <param name="value">1 to <see cref="LengthMax"/> characters, none of them a control character.</param>
    /// <exception cref="ArgumentException">The name is empty, too long, or holds a control character.</exception>
    public StreamId(string value)
    {
        IdRules.Check(value, LengthMax, "stream id", allowEmpty: false);
        _value = value;
    }

    private StreamId(string value, bool _) => _value = value;

    /// <summary>The name.</summary>
    public string Value => _value ?? "";

    /// <summary>Takes a name that a store has already validated; for storage providers reading it back.</summary>
    public static StreamId Trusted(string value) => new(value, true);

    /// <summary>Makes a stream id from its name; see the constructor for what is allowed.</summary>
    public static implicit operator StreamId(string value) => new(value);

    /// <inheritdoc />
    public override string ToString() => Value;
}
