using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Tidemark.Projections;

namespace Tidemark.PostgreSql;

/// <summary>
/// The names of read models' tables and views, validated, qualified and quoted, and the statements on document tables, made once for each
/// table.
/// </summary>
internal sealed partial class ReadModelNames(SqlTexts sql)
{
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "events", "streams", "checkpoints", "dead_letters", "generations", "store", "migrations", "positions", "stream_blocks",
        "events_pkey", "events_stream_version_key", "events_event_id_key", "streams_pkey", "checkpoints_pkey", "dead_letters_pkey",
        "generations_pkey", "generations_live_key", "migrations_pkey", "outbox", "outbox_pkey", "outbox_projection_key",
    };

    private readonly ConcurrentDictionary<(string Name, int Generation), DocumentTable> _tables = new();

    public string Table(string name, int generation) => Qualified(ReadModelSchema.TableOf(Checked(name), generation));

    public string View(string name) => Qualified(Checked(name));

    /// <summary>The statements on a generation's document table.</summary>
    public DocumentTable Documents(string name, int generation) =>
        _tables.GetOrAdd((name, generation), static (key, names) => new(names.Table(key.Name, key.Generation)), this);

    /// <summary>The tables of a generation, in the order of <see cref="ReadModelSchema.ViewNames"/>.</summary>
    public string[] TablesOf(ReadModelSchema schema, int generation) => [.. schema.ViewNames.Select(name => Table(name, generation))];

    /// <summary>The views of a read model.</summary>
    public string[] ViewsOf(ReadModelSchema schema) => [.. schema.ViewNames.Select(View)];

    private string Qualified(string identifier) => $"{sql.QuotedSchema}.{SqlTexts.Quote(identifier)}";

    private static string Checked(string name)
    {
        if (!Identifier().IsMatch(name))
        {
            throw new ArgumentException(
                $"'{name}' is no name of a read model; allowed are 1 to 48 characters, a to z, digits and underscores.", nameof(name));
        }

        if (Reserved.Contains(name))
        {
            throw new ArgumentException(
                $"The name '{name}' belongs to a table of the store itself; give the read model another one.", nameof(name));
        }

        return name;
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,47}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Identifier();
}

/// <summary>The statements on one document table.</summary>
internal sealed class DocumentTable(string table)
{
    public string Name { get; } = table;

    /// <summary>
    /// All keys in one statement; a row names its key by number, so that keys do not travel back. One look-up per key, whatever the planner
    /// thinks of the table's size: a join that was planned while the table was empty would read all of it later.
    /// </summary>
    public string Load { get; } =
        $"""
        select k.number, t.data, t.version, t.position
        from unnest($1::text[], $2::text[]) with ordinality k (tenant, key, number)
        cross join lateral (select * from {table} d where d.tenant = k.tenant and d.key = k.key limit 1) t
        """;

    public string Upsert { get; } =
        $"""
        insert into {table} as t (tenant, key, data, version, position)
        select * from unnest($1::text[], $2::text[], $3::jsonb[], $4::bigint[], $5::bigint[])
        on conflict (tenant, key) do update set data = excluded.data, version = excluded.version, position = excluded.position
        """;

    public string Delete { get; } =
        $"delete from {table} t using unnest($1::text[], $2::text[]) d (tenant, key) where t.tenant = d.tenant and t.key = d.key";
}
