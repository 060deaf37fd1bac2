namespace Tidemark.Events;

/// <summary>
/// The tenant an event belongs to. <see cref="Default"/> (also <c>default</c>) is the one tenant of a single-tenant application.
/// </summary>
public readonly record struct TenantId
{
    /// <summary>The longest name, in UTF-16 characters.</summary>
    public const int LengthMax = 100;

    /// <summary>The tenant of an application that has no tenants; its name is the empty string.</summary>
    public static readonly TenantId Default;

    private readonly string? _value;

    /// <summary>Makes a tenant id.</summary>
    /// <param name="value">
    /// At most <see cref="LengthMax"/> characters, none of them a control character; empty is <see cref="Default"/>.
    /// </param>
    /// <exception cref="ArgumentException">The name is too long or holds a control character.</exception>
    public TenantId(string value)
    {
        IdRules.Check(value, LengthMax, "tenant id", allowEmpty: true);
        _value = value;
    }

    private TenantId(string value, bool _) => _value = value;

    /// <summary>The name.</summary>
    public string Value => _value ?? "";

    /// <summary>Whether this is the tenant of an application without tenants.</summary>
    public bool IsDefault => string.IsNullOrEmpty(_value);

    /// <summary>Takes a name that a store has already validated; for storage providers reading it back.</summary>
    public static TenantId Trusted(string value) => new(value, true);

    /// <summary>Makes a tenant id from its name; see the constructor for what is allowed.</summary>
    public static implicit operator TenantId(string value) => new(value);

    /// <summary>Two ids are equal when their names are, ordinally.</summary>
    public bool Equals(TenantId other) => string.Equals(Value, other.Value, StringComparison.Ordinal);

    /// <inheritdoc />
    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc />
    public override string ToString() => Value;
}
