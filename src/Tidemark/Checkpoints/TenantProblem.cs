using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Checkpoints;

/// <summary>Why a tenant that was left behind does not get on.</summary>
/// <param name="Category">The error's category, by name.</param>
/// <param name="Message">
/// The error's message, cut to <see cref="ShardProblem.MessageCharsMax"/> characters. Characters that a store cannot hold are replaced by
/// U+FFFD.
/// </param>
/// <param name="Event">The position of the event that failed.</param>
/// <param name="Failures">How often it failed in a row.</param>
/// <param name="Since">When it first failed, by the clock of the node.</param>
/// <param name="NextTry">When the shard tries again by itself, by the clock of the node.</param>
public sealed record TenantProblem(
    string Category, string Message, Position Event, int Failures, DateTimeOffset Since, DateTimeOffset NextTry)
{
    /// <summary>The error's message.</summary>
    public string Message
    {
        get;
        init => field = StoredText.Fit(value, ShardProblem.MessageCharsMax);
    } = StoredText.Fit(Message, ShardProblem.MessageCharsMax);
}
