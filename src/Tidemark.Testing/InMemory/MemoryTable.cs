using System.Collections.Immutable;
using Tidemark.Events;
using Tidemark.Projections;

namespace Tidemark.Testing.InMemory;

/// <summary>A table of a read model's generation.</summary>
internal abstract record MemoryTable;

/// <summary>Documents by key, in key order.</summary>
internal sealed record MemoryDocuments(ImmutableSortedDictionary<DocumentKey, StoredDocument> Rows) : MemoryTable
{
    public static readonly MemoryDocuments Empty = new(
        ImmutableSortedDictionary.Create<DocumentKey, StoredDocument>(CodePointOrder.Instance));

    /// <summary>The documents of a tenant after a key.</summary>
    public IEnumerable<StoredDocument> After(TenantId tenant, string? afterKey) =>
        Rows.Values.Where(d => d.Key.Tenant == tenant && (afterKey is null || CodePointOrder.Instance.Compare(d.Key.Key, afterKey) > 0));

    public MemoryDocuments Write(DocumentChanges changes)
    {
        var rows = Rows.ToBuilder();
        foreach (var key in changes.Deletes)
            rows.Remove(key);
        foreach (var document in changes.Upserts)
            rows[document.Key] = document with { Json = document.Json.ToArray() };
        return new(rows.ToImmutable());
    }
}

/// <summary>Flat rows by key: the values by column.</summary>
internal sealed record MemoryRows(FlatTableSchema Schema, ImmutableSortedDictionary<string, ImmutableDictionary<string, object?>> Rows)
    : MemoryTable
{
    public static MemoryRows Empty(FlatTableSchema schema) =>
        new(schema, ImmutableSortedDictionary.Create<string, ImmutableDictionary<string, object?>>(CodePointOrder.Instance));

    public MemoryRows Write(RowChanges changes)
    {
        var rows = Rows.ToBuilder();
        rows.RemoveRange(changes.Deletes);
        foreach (var upsert in changes.Upserts)
        {
            for (var i = 0; i < upsert.Keys.Count; i++)
                rows[upsert.Keys[i]] = Merge(rows.GetValueOrDefault(upsert.Keys[i]) ?? NewRow(), upsert, i);
        }

        return this with { Rows = rows.ToImmutable() };
    }

    private ImmutableDictionary<string, object?> NewRow() =>
        Schema.Columns.ToImmutableDictionary(c => c.Name, c => c.NotNull ? Zero(c.Type) : null, StringComparer.Ordinal);

    private static ImmutableDictionary<string, object?> Merge(ImmutableDictionary<string, object?> row, RowUpsert upsert, int index)
    {
        for (var c = 0; c < upsert.Columns.Count; c++)
        {
            var (column, increment) = upsert.Columns[c];
            if (!row.ContainsKey(column.Name))
                throw new InvalidOperationException($"The table has no column '{column.Name}'.");
            var value = Checked(column, upsert.Values[c][index]);
            row = row.SetItem(column.Name, increment ? Sum(column, row[column.Name], value) : value);
        }

        return row;
    }

    private static object? Checked(FlatColumn column, object? value) => (column.Type, value) switch
    {
        (_, null) when column.NotNull =>
            throw new InvalidOperationException($"The column '{column.Name}' is not nullable, but a row sets it to null."),
        (_, null) or (ColumnType.Text, string) or (ColumnType.Integer, long) or (ColumnType.Real, double) or (ColumnType.Boolean, bool) =>
            value,
        (ColumnType.Timestamp, DateTimeOffset moment) => moment.ToUniversalTime(),
        _ => throw new InvalidOperationException(
            $"The column '{column.Name}' is of type {column.Type} and cannot hold a {value.GetType().Name}."),
    };

    private static object Sum(FlatColumn column, object? stored, object? value) => column.Type switch
    {
        // Boxed here: the branches of a switch would otherwise meet at double.
        ColumnType.Integer => (object)checked((long)(stored ?? 0L) + (long)(value ?? 0L)),
        ColumnType.Real => (double)(stored ?? 0d) + (double)(value ?? 0d),
        _ => throw new InvalidOperationException($"The column '{column.Name}' is of type {column.Type} and cannot be incremented."),
    };

    private static object Zero(ColumnType type) => type switch
    {
        ColumnType.Text => "",
        ColumnType.Integer => 0L,
        ColumnType.Real => 0d,
        ColumnType.Boolean => false,
        _ => DateTimeOffset.UnixEpoch,
    };
}
