namespace Tidemark.Storage;

/// <summary>How a database's schema stands.</summary>
/// <param name="Missing">Migrations not applied yet, by name, in order.</param>
/// <param name="Problems">What is wrong beyond that: a changed checksum, a newer database, a sequence behind its table.</param>
public sealed record SchemaStatus(IReadOnlyList<string> Missing, IReadOnlyList<string> Problems)
{
    /// <summary>Whether the database is ready for use.</summary>
    public bool IsCurrent => Missing.Count == 0 && Problems.Count == 0;
}
