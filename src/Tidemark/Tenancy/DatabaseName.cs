using System.Text.RegularExpressions;

namespace Tidemark.Tenancy;

/// <summary>The rule for the names of event databases: they become names of files and of databases.</summary>
internal static partial class DatabaseName
{
    public const string Rule = "1 to 40 characters: a to z, 0 to 9, '_' and '-', beginning with a letter or digit; not 'main'";

    public static bool IsValid(string name) => name != "main" && Pattern().IsMatch(name);

    public static void Check(string name)
    {
        if (!IsValid(name))
            throw new ArgumentException($"'{name}' cannot be the name of an event database; allowed are {Rule}.", nameof(name));
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9_-]{0,39}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Pattern();
}
