using System.Globalization;
using System.Text;
using Tidemark.Projections;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite.Projections;

/// <summary>
/// The statements of flat tables, made from their columns. Booleans are 0 and 1; moments are ISO 8601 text in UTC of a fixed length, so
/// that their order as text is their order in time.
/// </summary>
internal static class FlatTableSql
{
    /// <summary>Defines a generation's table.</summary>
    public static string Create(FlatTableSchema schema, int generation)
    {
        var sql = new StringBuilder("CREATE TABLE ").Append(TableNames.Table(schema.Name, generation)).Append(" (\n    ")
            .Append(TableNames.Quote(schema.Key)).Append(" TEXT NOT NULL PRIMARY KEY");
        foreach (var column in schema.Columns)
        {
            var (type, empty) = column.Type switch
            {
                ColumnType.Text => ("TEXT", "''"),
                ColumnType.Integer => ("INTEGER", "0"),
                ColumnType.Real => ("REAL", "0.0"),
                ColumnType.Boolean => ("INTEGER", "0"),
                ColumnType.Timestamp => ("TEXT", $"'{Iso(DateTimeOffset.UnixEpoch)}'"),
                _ => throw new NotSupportedException($"The SQLite store does not know columns of the type {column.Type}."),
            };
            sql.Append(",\n    ").Append(TableNames.Quote(column.Name)).Append(' ').Append(type);
            if (column.NotNull)
                sql.Append(" NOT NULL DEFAULT ").Append(empty);
        }

        return sql.Append("\n) STRICT").ToString();
    }

    /// <summary>
    /// Inserts a row, or sets and increments columns of the row that is there. Parameter 1 is the key, the columns follow.
    /// </summary>
    public static string Upsert(FlatTableSchema schema, int generation, IReadOnlyList<RowColumn> columns)
    {
        var (names, values, changes) = (new StringBuilder(TableNames.Quote(schema.Key)), new StringBuilder("?1"), new List<string>());
        for (var i = 0; i < columns.Count; i++)
        {
            var name = TableNames.Quote(columns[i].Column.Name);
            var parameter = $"?{i + 2}";
            names.Append(", ").Append(name);
            values.Append(", ").Append(columns[i].Increment ? $"coalesce({parameter}, 0)" : parameter);
            changes.Add(columns[i].Increment ? $"{name} = coalesce({name}, 0) + excluded.{name}" : $"{name} = excluded.{name}");
        }

        var action = changes.Count == 0 ? "NOTHING" : $"UPDATE SET {string.Join(", ", changes)}";
        return $"INSERT INTO {TableNames.Table(schema.Name, generation)} ({names}) VALUES ({values}) " +
            $"ON CONFLICT ({TableNames.Quote(schema.Key)}) DO {action}";
    }

    /// <summary>Deletes a row by its key.</summary>
    public static string Delete(FlatTableSchema schema, int generation) =>
        $"DELETE FROM {TableNames.Table(schema.Name, generation)} WHERE {TableNames.Quote(schema.Key)} = ?1";

    /// <summary>Binds a value of a column.</summary>
    public static void Bind(Statement statement, int parameter, FlatColumn column, object? value) => _ = value switch
    {
        null => statement.BindNull(parameter),
        string text => statement.Bind(parameter, text),
        long integer => statement.Bind(parameter, integer),
        int integer => statement.Bind(parameter, integer),
        double real => statement.Bind(parameter, real),
        bool boolean => statement.Bind(parameter, boolean ? 1L : 0L),
        DateTimeOffset moment => statement.Bind(parameter, Iso(moment)),
        _ => throw new ArgumentException(
            $"The value of column '{column.Name}' is a {value.GetType().FullName}; a column takes string, long, double, bool, " +
            "DateTimeOffset or null.",
            nameof(value)),
    };

    private static string Iso(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
}
