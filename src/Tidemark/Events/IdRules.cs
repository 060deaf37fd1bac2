namespace Tidemark.Events;

/// <summary>The rules that stream and tenant names share.</summary>
internal static class IdRules
{
    public static void Check(string value, int lengthMax, string what, bool allowEmpty)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length == 0 && !allowEmpty)
            throw new ArgumentException($"A {what} must not be empty.", nameof(value));
        if (value.Length > lengthMax)
            throw new ArgumentException($"A {what} has at most {lengthMax} characters; this one has {value.Length}: " +
                $"'{value[..40]}…'.", nameof(value));
        foreach (var c in value)
        {
            if (char.IsControl(c))
                throw new ArgumentException($"A {what} must not hold control characters; '{value}' holds U+{(int)c:X4}.", nameof(value));
        }

        if (!IsWellFormed(value))
            throw new ArgumentException($"A {what} must be well-formed Unicode; this one holds half of a surrogate pair.", nameof(value));
    }

    private static bool IsWellFormed(string value)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (!char.IsSurrogate(value[i]))
                continue;
            if (!char.IsHighSurrogate(value[i]) || i + 1 == value.Length || !char.IsLowSurrogate(value[++i]))
                return false;
        }

        return true;
    }
}
