using System.Text.RegularExpressions;
using Tidemark.Projections;

namespace Tidemark.Sqlite.Projections;

/// <summary>The names of read models' tables and views, and which ones are not free.</summary>
internal static partial class TableNames
{
    /// <summary>The quoted name of a generation's table.</summary>
    public static string Table(string name, int generation) => Quote(ReadModelSchema.TableOf(name, generation));

    /// <summary>A quoted identifier.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Refuses stable names that are kept for the store, for SQLite, or for the tables of generations.</summary>
    public static void Check(ReadModelSchema schema)
    {
        foreach (var name in schema.ViewNames)
        {
            if (IsOfStore(name))
                throw Refused(name, "names that begin with tidemark_ or sqlite_ belong to the store", nameof(schema));
            if (LooksLikeGeneration().IsMatch(name))
                throw Refused(name, "names that end in _g and a number are those of generations' tables", nameof(schema));
        }

        if (schema.ViewNames.Distinct(StringComparer.OrdinalIgnoreCase).Count() != schema.ViewNames.Count)
        {
            throw new ArgumentException(
                $"The read model '{schema.Name}' has two tables of one name: {string.Join(", ", schema.ViewNames)}.", nameof(schema));
        }
    }

    private static bool IsOfStore(string name) =>
        name.StartsWith("tidemark_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("sqlite_", StringComparison.OrdinalIgnoreCase);

    private static ArgumentException Refused(string name, string why, string parameter) =>
        new($"A read model cannot be named '{name}': {why}. Choose another name.", parameter);

    [GeneratedRegex("_g[0-9]+$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex LooksLikeGeneration();
}
