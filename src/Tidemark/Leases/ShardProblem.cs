namespace Tidemark.Leases;

/// <summary>Why a shard does not get on, as its owner reported it; visible to every process.</summary>
/// <param name="Category">The error's category, by name.</param>
/// <param name="Message">The error's message, at most 2,000 characters.</param>
/// <param name="NextTry">When its owner tries again; null when an operator must act.</param>
public sealed record ShardProblem(string Category, string Message, DateTimeOffset? NextTry);
