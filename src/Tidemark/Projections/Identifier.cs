using System.Text;

namespace Tidemark.Projections;

/// <summary>
/// Names of tables and columns: lower case, digits, underscores. They are checked here once, so that SQL can be built from them.
/// </summary>
internal static class Identifier
{
    public const int LengthMax = 48;

    public static string Check(string name, string what)
    {
        ArgumentNullException.ThrowIfNull(name);
        var good = name.Length is > 0 and <= LengthMax && !char.IsAsciiDigit(name[0])
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
        return good
            ? name
            : throw new ArgumentException(
                $"'{name}' is no name for a {what}: it takes 1 to {LengthMax} characters, a to z, digits and underscores, and does " +
                $"not begin with a digit.", nameof(name));
    }

    /// <summary><c>OrderSummaries</c> becomes <c>order_summaries</c>; what is no letter or digit becomes an underscore.</summary>
    public static string FromName(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            if (char.IsAsciiLetterUpper(c) && i > 0 && text[^1] != '_' && !char.IsAsciiLetterUpper(name[i - 1]))
                text.Append('_');
            text.Append(char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_');
        }

        return Check(text.ToString(), "read model");
    }
}
