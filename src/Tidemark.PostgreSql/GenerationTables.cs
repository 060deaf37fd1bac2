using Microsoft.Extensions.Logging;
using Npgsql;
using Tidemark.Projections;

namespace Tidemark.PostgreSql;

/// <summary>
/// The generations of read models: their rows, tables and views. Every change is one transaction under the store's lock, so processes that
/// start together do not disturb each other; what is there already is found in the catalogue, without a lock.
/// </summary>
internal sealed partial class GenerationTables(SqlTexts sql, ReadModelNames names, ILogger logger)
{
    private readonly string _lockStore = sql["lock_store"];
    private readonly string _find = sql["find_generation"];
    private readonly string _insert = sql["insert_generation"];
    private readonly string _retireLive = sql["retire_live_generation"];
    private readonly string _setState = sql["set_generation_state"];
    private readonly string _findKind = sql["find_relation_kind"];
    private readonly string _lockName = $"tidemark:{sql.Schema}:generations";

    public async ValueTask<ReadModelGeneration> PrepareAsync(
        NpgsqlConnection connection,
        string projection,
        int version,
        ReadModelSchema schema,
        int generation,
        CancellationToken cancellationToken)
    {
        var tables = names.TablesOf(schema, generation);
        var views = names.ViewsOf(schema);
        var found = await FindAsync(connection, projection, schema, generation, cancellationToken).ConfigureAwait(false);
        if (found is { } ready && ready.IsComplete(tables.Length, views.Length))
            return ready.Row;

        var transaction = await BeginAsync(connection, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await ExecuteAsync(connection, _insert, p => p.With(projection).With(generation).With(version), cancellationToken)
                .ConfigureAwait(false);
            var row = (await FindAsync(connection, projection, schema, generation, cancellationToken).ConfigureAwait(false))!.Value.Row;
            if (row.State != GenerationState.Retired)
                await CreateTablesAsync(connection, schema, tables, cancellationToken).ConfigureAwait(false);
            if (row.State == GenerationState.Live)
                await ReplaceViewsAsync(connection, transaction, tables, views, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            LogPrepared(logger, projection, generation, row.State);
            return row;
        }
    }

    public async ValueTask PublishAsync(
        NpgsqlConnection connection, string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken)
    {
        var transaction = await BeginAsync(connection, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            if (await FindAsync(connection, projection, schema, generation, cancellationToken).ConfigureAwait(false) is null)
                throw new InvalidOperationException($"There is no generation {generation} of '{projection}' to publish; prepare it first.");
            await ExecuteAsync(connection, _retireLive, p => p.With(projection).With(generation), cancellationToken).ConfigureAwait(false);
            await SetStateAsync(connection, projection, generation, GenerationState.Live, cancellationToken).ConfigureAwait(false);
            await ReplaceViewsAsync(connection, transaction, names.TablesOf(schema, generation), names.ViewsOf(schema), cancellationToken)
                .ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        LogPublished(logger, projection, generation);
    }

    public async ValueTask DropAsync(
        NpgsqlConnection connection, string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken)
    {
        var transaction = await BeginAsync(connection, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var found = await FindAsync(connection, projection, schema, generation, cancellationToken).ConfigureAwait(false);
            if (found is { Row.State: GenerationState.Live })
            {
                throw new InvalidOperationException(
                    $"Generation {generation} of '{projection}' is live: readers see it. Publish another one first.");
            }

            foreach (var table in names.TablesOf(schema, generation))
                await ExecuteAsync(connection, $"drop table if exists {table}", cancellationToken).ConfigureAwait(false);
            await SetStateAsync(connection, projection, generation, GenerationState.Retired, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        LogDropped(logger, projection, generation);
    }

    private async ValueTask CreateTablesAsync(
        NpgsqlConnection connection, ReadModelSchema schema, string[] tables, CancellationToken cancellationToken)
    {
        for (var i = 0; i < tables.Length; i++)
        {
            if (await KindAsync(connection, tables[i], cancellationToken).ConfigureAwait(false) is not null)
                continue;
            var definition = ReadModelDdl.CreateTable(schema, i, tables[i]);
            await ExecuteAsync(connection, definition, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<NpgsqlTransaction> BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(connection, _lockStore, p => p.With(_lockName), cancellationToken).ConfigureAwait(false);
        return transaction;
    }

    private async ValueTask<FoundGeneration?> FindAsync(
        NpgsqlConnection connection, string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(_find, connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.With(projection).With(generation).With(names.TablesOf(schema, generation)).With(names.ViewsOf(schema));
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    return null;
                var row = new ReadModelGeneration(projection, generation, reader.GetInt32(0), (GenerationState)reader.GetInt16(1));
                return new(row, (int)reader.GetInt64(2), (int)reader.GetInt64(3));
            }
        }
    }

    // A view's columns can only be extended in place. When the new table's are others, the view is dropped and made again, in the same
    // transaction: readers wait for its end and then see the new one.
    private async ValueTask ReplaceViewsAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string[] tables, string[] views, CancellationToken cancellationToken)
    {
        const string savepoint = "replace_view";
        for (var i = 0; i < views.Length; i++)
        {
            if (await KindAsync(connection, views[i], cancellationToken).ConfigureAwait(false) is { } kind && kind != "v")
            {
                throw new InvalidOperationException(
                    $"The view {views[i]} cannot be made: a table or index of this name exists. Rename the read model.");
            }

            var create = $"view {views[i]} as select * from {tables[i]}";
            await transaction.SaveAsync(savepoint, cancellationToken).ConfigureAwait(false);
            try
            {
                await ExecuteAsync(connection, $"create or replace {create}", cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidTableDefinition)
            {
                await transaction.RollbackAsync(savepoint, cancellationToken).ConfigureAwait(false);
                await ExecuteAsync(connection, $"drop view {views[i]}; create {create}", cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private ValueTask SetStateAsync(
        NpgsqlConnection connection, string projection, int generation, GenerationState state, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, _setState, p => p.With(projection).With(generation).With((short)state), cancellationToken);

    private async ValueTask<string?> KindAsync(NpgsqlConnection connection, string relation, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(_findKind, connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.With(relation);
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as string;
        }
    }

    private static ValueTask ExecuteAsync(NpgsqlConnection connection, string text, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, text, static _ => { }, cancellationToken);

    private static async ValueTask ExecuteAsync(
        NpgsqlConnection connection, string text, Action<NpgsqlParameterCollection> bind, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(text, connection);
        await using (command.ConfigureAwait(false))
        {
            bind(command.Parameters);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A generation's row, and how many of its tables and views there are.</summary>
    private readonly record struct FoundGeneration(ReadModelGeneration Row, int Tables, int Views)
    {
        public bool IsComplete(int tables, int views) => Row.State switch
        {
            GenerationState.Retired => true,
            GenerationState.Live => Tables == tables && Views == views,
            _ => Tables == tables,
        };
    }
}
