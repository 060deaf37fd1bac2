using System.Globalization;
using Tidemark.Events;
using Tidemark.Shards;

namespace Tidemark.Control;

/// <summary>The argument of a retry or a discard: which dead letters, and whether skipped ones are applied late.</summary>
/// <param name="Position">The dead letter's position; null for all that wait.</param>
/// <param name="Late">Also those whose streams have gone on without them.</param>
internal sealed record DeadLetterRequest(Position? Position, bool Late)
{
    private const string LateWord = "late";

    /// <summary>As it is stored: nothing, a position, <c>late</c>, or both.</summary>
    public string? ToArgument()
    {
        string[] words = [.. Position is { } at ? [at.Value.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
            .. Late ? [LateWord] : Array.Empty<string>()];
        return words.Length == 0 ? null : string.Join(' ', words);
    }

    /// <summary>Reads what is stored.</summary>
    /// <exception cref="DeadLetterException">It is something else.</exception>
    public static DeadLetterRequest Parse(string? argument)
    {
        var request = new DeadLetterRequest(null, false);
        foreach (var word in (argument ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word == LateWord)
                request = request with { Late = true };
            else if (long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var position) && position > 0)
                request = request with { Position = new Position(position) };
            else
                throw new DeadLetterException($"'{argument}' names no dead letter. Give its position, '{LateWord}', both, or nothing.");
        }

        return request;
    }
}
