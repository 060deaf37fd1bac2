namespace Tidemark.Projections;

/// <summary>
/// The changes of one row of a flat table since the last commit. A later operation on a column takes account of the earlier ones.
/// </summary>
public sealed class FlatRow
{
    private const ulong None = 0;
    private const ulong Replace = 1;
    private const ulong Add = 2;

    private readonly FlatTableSchema _schema;
    private readonly Cell[] _cells;

    internal FlatRow(FlatTableSchema schema, string key)
    {
        _schema = schema;
        _cells = new Cell[schema.Columns.Count];
        Key = key;
    }

    private struct Cell
    {
        public long Whole;
        public double Real;
        public object? Other;
        public bool IsNull;
    }

    /// <summary>The row's key.</summary>
    public string Key { get; private set; }

    /// <summary>Two bits per column: what happens to it. Rows with equal shapes are written by one statement.</summary>
    internal ulong Shape { get; private set; }

    /// <summary>Whether the stored row goes before the changes take effect.</summary>
    internal bool IsReset { get; private set; }

    /// <summary>Whether the row exists after the changes.</summary>
    internal bool Exists { get; private set; }

    /// <summary>Sets a column.</summary>
    /// <exception cref="ArgumentException">There is no such column, or the value is not of its type.</exception>
    public void Set(string column, object? value)
    {
        var index = IndexOf(column);
        ref var cell = ref _cells[index];
        cell = default;
        var type = _schema.Columns[index].Type;
        switch (type, value)
        {
            case (_, null):
                cell.IsNull = true;
                break;
            case (ColumnType.Integer, long or int or short or byte):
                cell.Whole = Convert.ToInt64(value);
                break;
            case (ColumnType.Real, double or float or decimal or long or int):
                cell.Real = Convert.ToDouble(value);
                break;
            case (ColumnType.Text, string):
            case (ColumnType.Boolean, bool):
            case (ColumnType.Timestamp, DateTimeOffset):
                cell.Other = value;
                break;
            default:
                throw new ArgumentException($"Column '{column}' is {type}; a {value!.GetType().Name} does not fit it.", nameof(value));
        }

        Mark(index, Replace);
    }

    /// <summary>Adds to an <see cref="ColumnType.Integer"/> column; null and absent count as 0.</summary>
    public void Increment(string column, long by = 1)
    {
        var index = IndexOf(column);
        if (_schema.Columns[index].Type == ColumnType.Real)
        {
            Increment(column, (double)by);
            return;
        }

        Require(index, ColumnType.Integer);
        _cells[index].Whole = checked(_cells[index].Whole + by);
        _cells[index].IsNull = false;
        Mark(index, Operation(index) == Replace ? Replace : Add);
    }

    /// <summary>Adds to a <see cref="ColumnType.Real"/> column; null and absent count as 0.</summary>
    public void Increment(string column, double by)
    {
        var index = IndexOf(column);
        Require(index, ColumnType.Real);
        _cells[index].Real += by;
        _cells[index].IsNull = false;
        Mark(index, Operation(index) == Replace ? Replace : Add);
    }

    internal void Delete()
    {
        Array.Clear(_cells);
        Shape = 0;
        IsReset = true;
        Exists = false;
    }

    /// <summary>Forgets everything, and stands for another row.</summary>
    internal FlatRow As(string key)
    {
        Delete();
        Key = key;
        return this;
    }

    /// <summary>The row is touched: it exists from here on.</summary>
    internal void Touch() => Exists = true;

    internal static IReadOnlyList<RowColumn> ColumnsOf(FlatTableSchema schema, ulong shape)
    {
        var columns = new List<RowColumn>();
        for (var i = 0; i < schema.Columns.Count; i++)
        {
            var operation = (shape >> (2 * i)) & 3;
            if (operation != None)
                columns.Add(new RowColumn(schema.Columns[i], operation == Add));
        }

        return columns;
    }

    internal object? ValueOf(FlatColumn column)
    {
        var index = IndexOf(column.Name);
        ref var cell = ref _cells[index];
        if (cell.IsNull)
            return null;
        return column.Type switch
        {
            ColumnType.Integer => cell.Whole,
            ColumnType.Real => cell.Real,
            _ => cell.Other,
        };
    }

    private ulong Operation(int index) => (Shape >> (2 * index)) & 3;

    private void Mark(int index, ulong operation)
    {
        Shape = (Shape & ~(3UL << (2 * index))) | (operation << (2 * index));
        Exists = true;
    }

    private void Require(int index, ColumnType type)
    {
        if (_schema.Columns[index].Type != type)
            throw new ArgumentException($"Column '{_schema.Columns[index].Name}' is {_schema.Columns[index].Type} and cannot be " +
                $"incremented by a number of type {type}.");
    }

    private int IndexOf(string column)
    {
        for (var i = 0; i < _schema.Columns.Count; i++)
        {
            if (string.Equals(_schema.Columns[i].Name, column, StringComparison.Ordinal))
                return i;
        }

        throw new ArgumentException($"Table '{_schema.Name}' has no column '{column}'; it has " +
            $"{string.Join(", ", _schema.Columns.Select(c => c.Name))}.", nameof(column));
    }
}
