using System.Text.Json;
using System.Text.Json.Nodes;
using Tidemark.Projections;
using Tidemark.Sqlite.Connections;
using Tidemark.Storage;

namespace Tidemark.Sqlite.Projections;

/// <summary>
/// Makes, publishes and drops generations inside one transaction that holds the write lock. Definitions are transactional in SQLite, so
/// readers see the tables, the views and the list of generations change at once.
/// </summary>
internal sealed class Generations
{
    private readonly SqliteSession _session;
    private readonly List<Row> _all;

    /// <summary>Reads the list of generations.</summary>
    public Generations(SqliteSession session)
    {
        _session = session;
        _all = ReadAll(session);
    }

    /// <summary>A row of the list.</summary>
    internal sealed record Row(string Projection, int Generation, int Version, GenerationState State, IReadOnlyList<string> Names)
    {
        public ReadModelGeneration Public => new(Projection, Generation, Version, State);
    }

    /// <summary>Every generation in the database.</summary>
    public static List<Row> ReadAll(SqliteSession session)
    {
        var all = new List<Row>();
        using var rows = session.Prepare(SqlText.ReadGenerations);
        while (rows.Step())
        {
            var names = JsonNode.Parse(rows.Text(4))!.AsArray().Select(n => n!.GetValue<string>());
            all.Add(new(rows.Text(0), (int)rows.Int64(1), (int)rows.Int64(2), (GenerationState)rows.Int64(3), [.. names]));
        }

        return all;
    }

    /// <summary>The generation when nothing is left to make for it; null otherwise.</summary>
    public ReadModelGeneration? FindPrepared(string projection, ReadModelSchema schema, int generation)
    {
        var row = Find(projection, generation);
        if (row is null || row.State == GenerationState.Retired)
            return row?.Public;
        var isComplete = row.Names.SequenceEqual(schema.ViewNames, StringComparer.Ordinal)
            && schema.ViewNames.All(n => KindOf(TableName(n, generation)) == "table");
        return isComplete ? row.Public : null;
    }

    /// <summary>Makes what is missing of a generation.</summary>
    public ReadModelGeneration Prepare(string projection, int version, ReadModelSchema schema, int generation)
    {
        CheckFree(projection, schema);
        var row = Find(projection, generation);
        if (row is { State: GenerationState.Retired })
            return row.Public;
        var live = _all.Exists(r => r.Projection == projection && r.State == GenerationState.Live);
        var made = row is null
            ? new Row(projection, generation, version, live ? GenerationState.Building : GenerationState.Live, schema.ViewNames)
            : row with { Names = schema.ViewNames };
        MakeTables(schema, generation, isKnown: row is not null);
        Save(made);
        if (made.State == GenerationState.Live)
            PointViews(schema, generation, row?.Names ?? []);
        return made.Public;
    }

    /// <summary>Makes a generation the live one.</summary>
    public void Publish(string projection, ReadModelSchema schema, int generation)
    {
        var row = Find(projection, generation);
        var absent = schema.ViewNames.FirstOrDefault(n => KindOf(TableName(n, generation)) != "table");
        if (row is null || absent is not null)
        {
            throw new InvalidOperationException(
                $"Generation {generation} of projection '{projection}' has no table for '{absent ?? schema.Name}'. " +
                "Prepare and build it before publishing it.");
        }

        var former = _all.Where(r => r.Projection == projection && r.State == GenerationState.Live && r.Generation != generation).ToArray();
        foreach (var live in former)
            Save(live with { State = GenerationState.Retired });
        Save(row with { State = GenerationState.Live });
        PointViews(schema, generation, [.. former.SelectMany(f => f.Names), .. row.Names]);
    }

    /// <summary>Drops a generation's tables.</summary>
    public void Drop(string projection, ReadModelSchema schema, int generation)
    {
        var row = Find(projection, generation);
        if (row is null)
            return;
        if (row.State == GenerationState.Live)
        {
            throw new InvalidOperationException(
                $"Generation {generation} of projection '{projection}' is the live one. Publish another one before dropping it.");
        }

        foreach (var name in row.Names.Union(schema.ViewNames, StringComparer.Ordinal))
            _session.Execute($"DROP TABLE IF EXISTS {TableNames.Table(name, generation)}");
        Save(row with { State = GenerationState.Retired });
    }

    private static string TableName(string name, int generation) => ReadModelSchema.TableOf(name, generation);

    private Row? Find(string projection, int generation) => _all.Find(r => r.Projection == projection && r.Generation == generation);

    private string? KindOf(string name)
    {
        using var row = _session.Prepare(SqlText.FindRelationKind).Bind(1, name);
        return row.Step() ? row.Text(0) : null;
    }

    private void CheckFree(string projection, ReadModelSchema schema)
    {
        TableNames.Check(schema);
        foreach (var name in schema.ViewNames)
        {
            var other = _all.Find(r =>
                r.Projection != projection && r.State != GenerationState.Retired && r.Names.Contains(name, StringComparer.Ordinal));
            if (other is not null)
            {
                throw new SchemaException(
                    $"The name '{name}' of projection '{projection}' is taken by projection '{other.Projection}'. " +
                    "Give one of them another name.");
            }
        }
    }

    private void MakeTables(ReadModelSchema schema, int generation, bool isKnown)
    {
        foreach (var (name, sql) in Definitions(schema, generation))
        {
            var kind = KindOf(TableName(name, generation));
            if (kind == "table" && isKnown)
                continue;
            if (kind is not null)
                throw Taken(TableName(name, generation), kind);
            _session.Execute(sql);
        }
    }

    private static IEnumerable<(string Name, string Sql)> Definitions(ReadModelSchema schema, int generation) =>
        schema.Leaves().SelectMany(leaf => DefinitionsOf(leaf, generation));

    private static IEnumerable<(string Name, string Sql)> DefinitionsOf(ReadModelSchema schema, int generation) => schema switch
    {
        DocumentSchema => [(schema.Name, DocumentSql.With(SqlText.CreateDocumentTable, TableNames.Table(schema.Name, generation)))],
        FlatTableSchema flat => [(schema.Name, FlatTableSql.Create(flat, generation))],
        CustomTablesSchema custom => custom.Tables.Select(t =>
            (t.Name, DocumentSql.With(t.CreateSql, TableNames.Table(t.Name, generation)))),
        _ => throw new NotSupportedException($"The SQLite store does not know read models of the kind {schema.GetType().Name}."),
    };

    private void PointViews(ReadModelSchema schema, int generation, IReadOnlyList<string> formerNames)
    {
        foreach (var name in formerNames.Union(schema.ViewNames, StringComparer.Ordinal))
        {
            var kind = KindOf(name);
            if (kind == "view" && formerNames.Contains(name, StringComparer.Ordinal))
                _session.Execute($"DROP VIEW {TableNames.Quote(name)}");
            else if (kind is not null)
                throw Taken(name, kind);
        }

        foreach (var name in schema.ViewNames)
            _session.Execute($"CREATE VIEW {TableNames.Quote(name)} AS SELECT * FROM {TableNames.Table(name, generation)}");
    }

    private void Save(Row row) => _session.Prepare(SqlText.SaveGeneration)
        .Bind(1, row.Projection).Bind(2, row.Generation).Bind(3, row.Version).Bind(4, (long)row.State)
        .Bind(5, $"[{string.Join(',', row.Names.Select(n => $"\"{JsonEncodedText.Encode(n)}\""))}]").Run();

    private static SchemaException Taken(string name, string kind) => new(
        $"The database has a {kind} named '{name}' that is not a read model of Tidemark. Rename it, or give the read model another name.");
}
