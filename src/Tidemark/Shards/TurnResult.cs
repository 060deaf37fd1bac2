namespace Tidemark.Shards;

/// <summary>What came of the turn of a tenant that was left behind.</summary>
/// <param name="Count">What was committed.</param>
/// <param name="Committed">Whether there was a commit.</param>
/// <param name="IsCertain">Whether the stored checkpoint is known; else it must be asked for.</param>
internal readonly record struct TurnResult(CommitCount Count, bool Committed, bool IsCertain)
{
    /// <summary>Nothing was written.</summary>
    public static readonly TurnResult Nothing = new(default, Committed: false, IsCertain: true);
}
