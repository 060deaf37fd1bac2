using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tidemark.Sqlite.Connections;
using Tidemark.Storage;

namespace Tidemark.Sqlite;

/// <summary>
/// The tables of an SQLite file and their migrations. All that is missing is applied in one transaction, so a file has all of it or
/// nothing.
/// </summary>
internal sealed class SqliteSchema(SqliteDatabase database) : ISchema
{
    private static readonly Migration[] All = [.. SqlText.Migrations.Select(Migration.Of)];

    private sealed record Migration(int Number, string Name, string Checksum, string Sql)
    {
        public static Migration Of((string Name, string Sql) file) => new(
            int.Parse(file.Name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture),
            file.Name,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file.Sql))),
            file.Sql);

        /// <summary>The statement that records it; the values are ours, without quotes.</summary>
        public string RecordSql => SqlText.InsertMigration
            .Replace("{number}", Number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{name}", Name, StringComparison.Ordinal)
            .Replace("{checksum}", Checksum, StringComparison.Ordinal);
    }

    /// <inheritdoc />
    public async ValueTask<SchemaStatus> CheckAsync(CancellationToken cancellationToken)
    {
        if (!database.File.Exists)
            return new SchemaStatus([.. All.Select(m => m.Name)], []);
        return await database.ReadAsync(
            session =>
            {
                var applied = Applied(session);
                var (missing, problems) = Compare(applied);
                if (applied.Count > 0 && problems.Count == 0)
                    problems.AddRange(CheckSequence(session));
                return new SchemaStatus([.. missing.Select(m => m.Name)], problems);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask ApplyAsync(CancellationToken cancellationToken) =>
        await database.WriteIdempotentlyAsync(
            session =>
            {
                var (missing, problems) = Compare(Applied(session));
                if (problems.Count > 0)
                {
                    throw new SchemaException(
                        $"The database '{database.File.Path}' does not fit this version of Tidemark. {string.Join(" ", problems)}");
                }

                if (missing.Count == 0)
                    return (true, false);
                session.Execute(SqlText.CreateMigrationsTable);
                foreach (var migration in missing)
                {
                    session.Execute(migration.Sql);
                    session.Execute(migration.RecordSql);
                }

                return (true, true);
            },
            create: true,
            cancellationToken).ConfigureAwait(false);

    /// <inheritdoc />
    public string Script()
    {
        var script = new StringBuilder("PRAGMA journal_mode = WAL;\n\nBEGIN IMMEDIATE;\n\n")
            .Append(SqlText.CreateMigrationsTable).Append(";\n\n");
        foreach (var migration in All)
            script.Append(migration.Sql.TrimEnd()).Append("\n\n").Append(migration.RecordSql).Append(";\n\n");
        return script.Append("COMMIT;\n").ToString();
    }

    private static List<(int Number, string Name, string Checksum)> Applied(SqliteSession session)
    {
        using (var table = session.Prepare(SqlText.FindRelationKind).Bind(1, "tidemark_migrations"))
        {
            if (!table.Step())
                return [];
        }

        var applied = new List<(int, string, string)>();
        using var rows = session.Prepare(SqlText.ReadMigrations);
        while (rows.Step())
            applied.Add(((int)rows.Int64(0), rows.Text(1), rows.Text(2)));
        return applied;
    }

    private static (List<Migration> Missing, List<string> Problems) Compare(List<(int Number, string Name, string Checksum)> applied)
    {
        var problems = new List<string>();
        var missing = All.Where(m => !applied.Exists(a => a.Number == m.Number)).ToList();
        foreach (var (number, name, checksum) in applied)
        {
            var known = Array.Find(All, m => m.Number == number);
            if (known is null)
                problems.Add($"Migration {name} is applied, but this version does not know it: the database is newer. Update Tidemark.");
            else if (known.Checksum != checksum)
            {
                problems.Add(
                    $"Migration {name} was applied with another content (checksum {checksum}, expected {known.Checksum}). " +
                    "Use the version of Tidemark that made it.");
            }
        }

        return (missing, problems);
    }

    private static IEnumerable<string> CheckSequence(SqliteSession session)
    {
        using var row = session.Prepare(SqlText.CheckSequence);
        if (row.Step() && row.Int64(0) is > 0 and var behind)
        {
            yield return $"The counter of positions is {behind} behind the last event: sqlite_sequence was changed. " +
                "Set its row 'tidemark_events' to the greatest position.";
        }
    }
}
