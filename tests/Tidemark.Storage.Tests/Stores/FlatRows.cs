using System.Globalization;
using Tidemark.Projections;

namespace Tidemark.Storage.Tests.Stores;

/// <summary>Rows of a flat table as a driver gives them, brought to the types of the port.</summary>
internal static class FlatRows
{
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, object?>> Of(
        FlatTableSchema schema, IEnumerable<Dictionary<string, object?>> rows) =>
        rows.ToDictionary(
            row => (string)row[schema.Key]!,
            IReadOnlyDictionary<string, object?> (row) =>
                schema.Columns.ToDictionary(c => c.Name, c => Value(c.Type, row[c.Name]), StringComparer.Ordinal),
            StringComparer.Ordinal);

    private static object? Value(ColumnType type, object? value) => (type, value) switch
    {
        (_, null) => null,
        (ColumnType.Boolean, long number) => number != 0,
        (ColumnType.Timestamp, DateTime moment) => new DateTimeOffset(DateTime.SpecifyKind(moment, DateTimeKind.Utc)),
        (ColumnType.Timestamp, string text) =>
            DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal),
        _ => value,
    };
}
