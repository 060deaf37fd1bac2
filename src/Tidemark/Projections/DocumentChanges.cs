namespace Tidemark.Projections;

/// <summary>What one commit writes to a document table. A key appears once, in upserts or in deletes.</summary>
/// <param name="Name">The read model's stable name.</param>
/// <param name="Generation">The generation to write to.</param>
/// <param name="Upserts">Documents to insert or replace.</param>
/// <param name="Deletes">Keys to delete.</param>
public sealed record DocumentChanges(
    string Name, int Generation, IReadOnlyList<StoredDocument> Upserts, IReadOnlyList<DocumentKey> Deletes);
