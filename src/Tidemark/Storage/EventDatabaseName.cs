namespace Tidemark.Storage;

/// <summary>The rule for the names of tenant databases: they become parts of file names, database names and shard names.</summary>
public static class EventDatabaseName
{
    /// <summary>The longest name, in characters.</summary>
    public const int LengthMax = 40;

    /// <summary>Checks the name of a tenant database: 1 to 40 characters, a to z, digits, '_' and '-'.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ArgumentException">The name breaks the rule, or is that of the coordination database.</exception>
    public static void Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > LengthMax || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-'))
        {
            throw new ArgumentException(
                $"A tenant database is named '{name}'; allowed are 1 to {LengthMax} characters, a to z, digits, '_' and '-'.",
                nameof(name));
        }

        if (name == StorageContext.MainDatabase)
        {
            throw new ArgumentException(
                $"'{name}' is the name of the coordination database; choose another one for a tenant database.", nameof(name));
        }
    }
}
