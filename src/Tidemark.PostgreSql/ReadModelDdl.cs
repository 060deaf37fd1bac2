using System.Text;
using Tidemark.Projections;

namespace Tidemark.PostgreSql;

/// <summary>Definitions of read models' tables, from validated identifiers.</summary>
internal static class ReadModelDdl
{
    /// <summary>The definition of one table of a generation.</summary>
    /// <param name="schema">The read model.</param>
    /// <param name="index">Which of its tables, in the order of <see cref="ReadModelSchema.ViewNames"/>.</param>
    /// <param name="table">The table's qualified, quoted name.</param>
    public static string CreateTable(ReadModelSchema schema, int index, string table)
    {
        foreach (var leaf in schema.Leaves())
        {
            if (index < leaf.ViewNames.Count)
                return CreateTableOf(leaf, index, table);
            index -= leaf.ViewNames.Count;
        }

        throw new ArgumentOutOfRangeException(nameof(index), index, $"The read model '{schema.Name}' has fewer tables.");
    }

    private static string CreateTableOf(ReadModelSchema schema, int index, string table) => schema switch
    {
        DocumentSchema => Documents(table),
        FlatTableSchema flat => Flat(flat, table),
        CustomTablesSchema custom => custom.Tables[index].CreateSql.Replace("{table}", table, StringComparison.Ordinal),
        _ => throw new ArgumentException($"A PostgreSQL store knows no read models of the kind {schema.GetType().Name}.", nameof(schema)),
    };

    /// <summary>The type of a column.</summary>
    public static string TypeOf(ColumnType type) => type switch
    {
        ColumnType.Text => "text",
        ColumnType.Integer => "bigint",
        ColumnType.Real => "double precision",
        ColumnType.Boolean => "boolean",
        ColumnType.Timestamp => "timestamptz",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such column type."),
    };

    // Keys compare by their bytes: the order of keys is the ordinal one, and the same on every server.
    private static string Documents(string table) =>
        $"""
        create table {table} (
            tenant text collate "C" not null,
            key text collate "C" not null,
            version bigint not null,
            position bigint not null,
            data jsonb not null,
            primary key (tenant, key)
        ) with (fillfactor = 80)
        """;

    private static string Flat(FlatTableSchema schema, string table)
    {
        var text = new StringBuilder($"create table {table} ({SqlTexts.Quote(schema.Key)} text collate \"C\" not null primary key");
        foreach (var column in schema.Columns)
        {
            text.Append($", {SqlTexts.Quote(column.Name)} {TypeOf(column.Type)}");
            if (column.NotNull)
                text.Append($" not null default {DefaultOf(column.Type)}");
        }

        return text.Append(") with (fillfactor = 80)").ToString();
    }

    private static string DefaultOf(ColumnType type) => type switch
    {
        ColumnType.Text => "''",
        ColumnType.Boolean => "false",
        ColumnType.Timestamp => "to_timestamp(0)",
        _ => "0",
    };
}
