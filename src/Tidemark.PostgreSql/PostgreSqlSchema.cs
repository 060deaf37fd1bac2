using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tidemark.Storage;

namespace Tidemark.PostgreSql;

/// <summary>
/// The store's schema. Each migration is one transaction under an advisory lock, so several processes may apply at once. A database that
/// does not exist is made first.
/// </summary>
internal sealed partial class PostgreSqlSchema(ConnectionScope scope, SqlTexts sql, DatabaseMaker database, ILogger logger) : ISchema
{
    private readonly IReadOnlyList<Migration> _migrations = sql.Migrations();
    private readonly string _lockStore = sql["lock_store"];
    private readonly string _findTable = sql["find_migrations_table"];
    private readonly string _createTable = sql["create_migrations_table"];
    private readonly string _check = sql["check_schema"];
    private readonly string _checkSequence = sql["check_sequence"];
    private readonly string _insert = sql["insert_migration"];
    private readonly string _createSchema = $"create schema if not exists {sql.QuotedSchema}";
    private readonly string _lockName = $"tidemark:{sql.Schema}:schema";

    public async ValueTask<SchemaStatus> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await scope.ReadAsync((connection, _, token) => CheckAsync(connection, token), 0, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (PostgresException e) when (DatabaseMaker.IsMissing(e))
        {
            return new(
                [.. _migrations.Select(m => m.Name)],
                [$"The database '{database.Database}' does not exist. Apply the schema, which makes it, or create it by hand."]);
        }
    }

    public async ValueTask ApplyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ApplyMissingAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (DatabaseMaker.IsMissing(e))
        {
            await database.MakeAsync(cancellationToken).ConfigureAwait(false);
            LogMade(logger, database.Database);
            await ApplyMissingAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public string Script()
    {
        var script = new StringBuilder();
        script.Append($"{_createSchema};\n\n{_createTable};\n");
        foreach (var migration in _migrations)
        {
            script.Append($"\n{migration.Sql.TrimEnd()}\n\n");
            script.Append($"insert into {sql.QuotedSchema}.migrations (number, name, checksum) ");
            script.Append($"values ({migration.Number}, '{migration.Name}', '{migration.Checksum}');\n");
        }

        return script.ToString();
    }

    private async ValueTask ApplyMissingAsync(CancellationToken cancellationToken)
    {
        bool more;
        do
        {
            more = await scope.ReadAsync((connection, _, token) => ApplyNextAsync(connection, token), 0, cancellationToken)
                .ConfigureAwait(false);
        }
        while (more);
    }

    private async ValueTask<SchemaStatus> CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (missing, problems) = await CompareAsync(connection, cancellationToken).ConfigureAwait(false);
        var names = missing.ConvertAll(m => m.Name);
        if (missing.Count == 0 && problems.Count == 0)
        {
            var command = new NpgsqlCommand(_checkSequence, connection);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                    var (last, stored) = (reader.GetInt64(0), reader.GetInt64(1));
                    if (last < stored)
                        problems.Add(SequenceBehind(last, stored));
                }
            }
        }

        return new(names, problems);
    }

    // One migration a transaction; true when it applied one. Nothing is locked when nothing is missing.
    private async ValueTask<bool> ApplyNextAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if ((await CompareOrThrowAsync(connection, cancellationToken).ConfigureAwait(false)).Count == 0)
            return false;

        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await ExecuteAsync(connection, _lockStore, [_lockName], cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(connection, _createSchema, [], cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(connection, _createTable, [], cancellationToken).ConfigureAwait(false);
            var missing = await CompareOrThrowAsync(connection, cancellationToken).ConfigureAwait(false);
            if (missing.Count == 0)
                return false;

            var next = missing[0];
            await ExecuteAsync(connection, next.Sql, [], cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(connection, _insert, [next.Number, next.Name, next.Checksum], cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            LogApplied(logger, next.Name, sql.Schema);
            return missing.Count > 1;
        }
    }

    private async ValueTask<List<Migration>> CompareOrThrowAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (missing, problems) = await CompareAsync(connection, cancellationToken).ConfigureAwait(false);
        return problems.Count == 0 ? missing : throw new SchemaException(string.Join(' ', problems));
    }

    private async ValueTask<(List<Migration> Missing, List<string> Problems)> CompareAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = await ReadAppliedAsync(connection, cancellationToken).ConfigureAwait(false);
        var problems = new List<string>();
        var missing = new List<Migration>();
        foreach (var migration in _migrations)
        {
            if (!applied.Remove(migration.Number, out var found))
                missing.Add(migration);
            else if (found.Checksum != migration.Checksum)
                problems.Add(Changed(migration, found.Name));
        }

        problems.AddRange(applied.Values.Select(found => Newer(found.Name)));
        return (missing, problems);
    }

    private async ValueTask<Dictionary<int, (string Name, string Checksum)>> ReadAppliedAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = new Dictionary<int, (string, string)>();
        var find = new NpgsqlCommand(_findTable, connection);
        await using (find.ConfigureAwait(false))
        {
            if (await find.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
                return applied;
        }

        var command = new NpgsqlCommand(_check, connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    applied.Add(reader.GetInt32(0), (reader.GetString(1), reader.GetString(2)));
            }
        }

        return applied;
    }

    private static async ValueTask ExecuteAsync(
        NpgsqlConnection connection, string text, object[] values, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(text, connection);
        await using (command.ConfigureAwait(false))
        {
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private string Changed(Migration migration, string foundName) =>
        $"Migration {migration.Number} of schema '{sql.Schema}' was applied from another text "
        + $"('{foundName}' there, '{migration.Name}' here, another checksum): the database was made by another build of Tidemark. "
        + "Use the build that made it.";

    private string Newer(string name) =>
        $"Schema '{sql.Schema}' holds migration '{name}', which this version of Tidemark does not know: the database is newer. "
        + "Use a newer version.";

    private string SequenceBehind(long last, long stored) =>
        $"The sequence of positions in schema '{sql.Schema}' is behind its table (last drawn {last}, highest stored {stored}), "
        + $"as after a partial restore: positions would be used twice. With all writers stopped, set it to at least {stored}.";
}
