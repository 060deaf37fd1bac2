using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite.Projections;

/// <summary>The statements on one document table or its view.</summary>
/// <param name="Load">One document by its key.</param>
/// <param name="Page">A page in the order of keys.</param>
/// <param name="Upsert">Writes a document.</param>
/// <param name="Delete">Deletes a document.</param>
internal sealed record DocumentSql(string Load, string Page, string Upsert, string Delete)
{
    /// <summary>The statements on a table of this quoted name.</summary>
    public static DocumentSql For(string table) =>
        new(
            With(SqlText.LoadDocument, table),
            With(SqlText.ReadDocuments, table),
            With(SqlText.UpsertDocument, table),
            With(SqlText.DeleteDocument, table));

    /// <summary>Puts a quoted table name into a text.</summary>
    public static string With(string sql, string table) => sql.Replace("{table}", table, StringComparison.Ordinal);
}
