using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>The rows of a flat table that changed since the last commit.</summary>
internal sealed class FlatChanges(FlatTableSchema schema, SlotScope slots)
{
    /// <summary>What a row weighs, by estimate.</summary>
    private const int RowBytes = 200;

    private readonly Dictionary<string, FlatRow> _rows = new(StringComparer.Ordinal);

    // Takes the changes of rows that another shard keeps, or has kept up to here; nobody sees it.
    private readonly FlatRow _foreign = new(schema, "");

    /// <summary>The position of the event whose changes come next.</summary>
    public Position At { get; set; }

    public long Bytes => (long)_rows.Count * (RowBytes + (40 * schema.Columns.Count));

    public FlatRow Row(string key)
    {
        if (string.IsNullOrEmpty(key))
            throw new InvalidOperationException("A row's key must not be null or empty.");
        if (!slots.IsAll && !slots.Includes(Slot.Of(TenantId.Default, key), At))
            return _foreign.As(key);
        if (!_rows.TryGetValue(key, out var row))
            _rows.Add(key, row = new FlatRow(schema, key));
        row.Touch();
        return row;
    }

    public void Clear() => _rows.Clear();

    public RowChanges? ToChanges(int generation)
    {
        if (_rows.Count == 0)
            return null;
        var deletes = _rows.Values.Where(r => r.IsReset).Select(r => r.Key).ToList();
        var upserts = _rows.Values.Where(r => r.Exists).GroupBy(r => r.Shape).Select(g => ToUpsert(g.Key, [.. g])).ToList();
        return new RowChanges(schema, generation, deletes, upserts);
    }

    private RowUpsert ToUpsert(ulong shape, List<FlatRow> rows)
    {
        var columns = FlatRow.ColumnsOf(schema, shape);
        var values = columns.Select(c => rows.Select(r => r.ValueOf(c.Column)).ToArray()).ToList();
        return new RowUpsert(columns, [.. rows.Select(r => r.Key)], values);
    }
}
