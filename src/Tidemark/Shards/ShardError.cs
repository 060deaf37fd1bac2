namespace Tidemark.Shards;

/// <summary>Why a shard is paused.</summary>
/// <param name="Category">The kind of error.</param>
/// <param name="Exception">The error.</param>
/// <param name="Since">When the pause began.</param>
/// <param name="Attempts">How often in a row it has failed.</param>
/// <param name="NextTry">When it tries again at the latest.</param>
public sealed record ShardError(ErrorCategory Category, Exception Exception, DateTimeOffset Since, int Attempts, DateTimeOffset NextTry);
