namespace Tidemark.Projections;

/// <summary>
/// What a projection's read model looks like in the database. Each generation has tables of its own, named <c>{name}_g{generation}</c>, and
/// the stable name is a view over the live generation's table.
/// </summary>
/// <param name="Name">The stable name: 1 to 48 characters, a to z, digits and underscores, not beginning with a digit.</param>
public abstract record ReadModelSchema(string Name)
{
    /// <summary>The name of a generation's table.</summary>
    public static string TableOf(string name, int generation) => $"{name}_g{generation}";

    /// <summary>The stable names this read model occupies.</summary>
    public abstract IReadOnlyList<string> ViewNames { get; }

    /// <summary>
    /// The schemas that define its tables, in the order of <see cref="ViewNames"/>: itself alone, unless it is composite.
    /// </summary>
    public virtual IReadOnlyList<ReadModelSchema> Leaves() => [this];
}

/// <summary>The read models of a composite projection: they share generations, and are published together.</summary>
/// <param name="Name">The composite's name as an identifier; no table has it.</param>
/// <param name="Parts">The read models of its stages.</param>
public sealed record CompositeSchema(string Name, IReadOnlyList<ReadModelSchema> Parts) : ReadModelSchema(Name)
{
    /// <inheritdoc />
    public override IReadOnlyList<string> ViewNames => [.. Parts.SelectMany(p => p.ViewNames)];

    /// <inheritdoc />
    public override IReadOnlyList<ReadModelSchema> Leaves() => [.. Parts.SelectMany(p => p.Leaves())];
}

/// <summary>
/// Documents by key. Columns: <c>tenant</c>, <c>key</c> (together the primary key), <c>data</c> (JSON), <c>version</c> (the version of the
/// last event applied, for single-stream; 0 otherwise), <c>position</c> (of the last event applied).
/// </summary>
/// <param name="Name">The stable name.</param>
public sealed record DocumentSchema(string Name) : ReadModelSchema(Name)
{
    /// <inheritdoc />
    public override IReadOnlyList<string> ViewNames => [Name];
}

/// <summary>A plain table with one key column and columns that events set or increment.</summary>
/// <param name="Name">The stable name.</param>
/// <param name="Key">The name of the key column, of type text.</param>
/// <param name="Columns">The other columns.</param>
public sealed record FlatTableSchema(string Name, string Key, IReadOnlyList<FlatColumn> Columns) : ReadModelSchema(Name)
{
    /// <inheritdoc />
    public override IReadOnlyList<string> ViewNames => [Name];
}

/// <summary>Tables that an event projection defines in SQL and writes itself.</summary>
/// <param name="Name">The projection's name as an identifier.</param>
/// <param name="Tables">The tables.</param>
public sealed record CustomTablesSchema(string Name, IReadOnlyList<CustomTable> Tables) : ReadModelSchema(Name)
{
    /// <inheritdoc />
    public override IReadOnlyList<string> ViewNames => [.. Tables.Select(t => t.Name)];
}

/// <summary>A column of a flat table.</summary>
/// <param name="Name">Its name, by the rule of <see cref="ReadModelSchema"/> names.</param>
/// <param name="Type">Its type.</param>
/// <param name="NotNull">Whether it is NOT NULL with a default of zero, false or the empty text; else it is nullable.</param>
public sealed record FlatColumn(string Name, ColumnType Type, bool NotNull);

/// <summary>A table of an event projection.</summary>
/// <param name="Name">Its stable name.</param>
/// <param name="CreateSql">
/// Its definition, with <c>{table}</c> where the generation's table name goes (qualified and quoted as the store needs it), once or more.
/// </param>
public sealed record CustomTable(string Name, string CreateSql);

/// <summary>The column types that every store has.</summary>
public enum ColumnType
{
    /// <summary>Text (<see cref="string"/>).</summary>
    Text = 0,

    /// <summary>A 64-bit integer (<see cref="long"/>).</summary>
    Integer = 1,

    /// <summary>A 64-bit floating point number (<see cref="double"/>).</summary>
    Real = 2,

    /// <summary>True or false (<see cref="bool"/>).</summary>
    Boolean = 3,

    /// <summary>A moment in UTC (<see cref="DateTimeOffset"/>); on SQLite ISO 8601 text.</summary>
    Timestamp = 4,
}
