namespace Tidemark.Projections;

/// <summary>
/// What one commit writes to a flat table. Deletes take effect before upserts. Rows of one <see cref="RowUpsert"/> share the same columns
/// and operations, so each is one set-wise statement. A key appears in at most one upsert group.
/// </summary>
/// <param name="Schema">The table.</param>
/// <param name="Generation">The generation to write to.</param>
/// <param name="Deletes">Keys to delete.</param>
/// <param name="Upserts">Rows to insert or update.</param>
public sealed record RowChanges(FlatTableSchema Schema, int Generation, IReadOnlyList<string> Deletes, IReadOnlyList<RowUpsert> Upserts);

/// <summary>Rows that set or increment the same columns.</summary>
/// <param name="Columns">The columns, each with its operation.</param>
/// <param name="Keys">The keys of the rows.</param>
/// <param name="Values">
/// Per column, the values of the rows in the order of the keys: string, long, double, bool, DateTimeOffset, or null.
/// </param>
public sealed record RowUpsert(IReadOnlyList<RowColumn> Columns, IReadOnlyList<string> Keys, IReadOnlyList<object?[]> Values);

/// <summary>A column and what happens to it.</summary>
/// <param name="Column">The column.</param>
/// <param name="Increment">
/// Whether the value is added to the stored one (which counts as 0 when absent or null); else it replaces it.
/// </param>
public readonly record struct RowColumn(FlatColumn Column, bool Increment);
