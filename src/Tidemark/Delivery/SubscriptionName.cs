using System.Text.RegularExpressions;

namespace Tidemark.Delivery;

/// <summary>The rules for names of subscriptions. They are part of shard names and addresses.</summary>
internal static partial class SubscriptionName
{
    /// <exception cref="ArgumentException">It is none.</exception>
    public static string Check(string? name) => name is not null && Pattern().IsMatch(name)
        ? name
        : throw new ArgumentException(
            $"'{name}' is no name for a subscription. Use 1 to 100 letters, digits, '-', '_' and '.', beginning with a letter.",
            nameof(name));

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9._-]{0,99}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}
