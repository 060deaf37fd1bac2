namespace Tidemark.Testing;

/// <summary>A row of a flat table in memory.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Values">Its other columns by name: string, long, double, bool, DateTimeOffset, or null.</param>
public sealed record InMemoryRow(string Key, IReadOnlyDictionary<string, object?> Values);
