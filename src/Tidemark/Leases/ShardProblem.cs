using Tidemark.Events;

namespace Tidemark.Leases;

/// <summary>Why a shard does not get on, as its owner reported it; visible to every process.</summary>
/// <param name="Category">The error's category, by name.</param>
/// <param name="Message">
/// The error's message, cut to <see cref="MessageCharsMax"/> characters. Characters that a store cannot hold are replaced by U+FFFD.
/// </param>
/// <param name="NextTry">When its owner tries again, in whole microseconds; null when an operator must act.</param>
public sealed record ShardProblem(string Category, string Message, DateTimeOffset? NextTry)
{
    /// <summary>The longest message.</summary>
    public const int MessageCharsMax = 2_000;

    /// <summary>The error's message.</summary>
    public string Message
    {
        get;
        init => field = StoredText.Fit(value, MessageCharsMax);
    } = StoredText.Fit(Message, MessageCharsMax);
}
