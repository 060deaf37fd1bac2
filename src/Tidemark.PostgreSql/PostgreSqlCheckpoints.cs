using Npgsql;
using NpgsqlTypes;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.PostgreSql;

/// <summary>The durable positions of shards: one row each, moved only under the fence.</summary>
internal sealed class PostgreSqlCheckpoints(ConnectionScope scope, SqlTexts sql) : ICheckpointStore
{
    private readonly string _open = sql["open_checkpoint"];
    private readonly string _move = sql["move_checkpoint"];
    private readonly string _readAll = sql["read_checkpoints"];
    private readonly string _replace = sql["replace_checkpoints"];
    private readonly string _delete = sql["delete_checkpoints"];

    public ValueTask<Checkpoint> OpenAsync(ShardName shard, Epoch? epoch, CancellationToken cancellationToken) =>
        scope.ReadAsync(
            async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(_open, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(call.Shard.ToString()).With(call.Shard.Projection).With(call.Shard.Generation)
                        .WithNullable(call.Epoch?.Value, NpgsqlDbType.Bigint);
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        return await reader.ReadAsync(token).ConfigureAwait(false)
                            ? Row(reader, call.Shard)
                            : throw new FencedException(call.Shard, call.Epoch ?? default, Position.Beginning);
                    }
                }
            },
            (Shard: shard, Epoch: epoch),
            cancellationToken);

    public async ValueTask MoveAsync(CheckpointMove move, CancellationToken cancellationToken)
    {
        try
        {
            await scope.WriteAsync(
                async (connection, step, token) =>
                {
                    var command = new NpgsqlCommand(_move, connection);
                    await using (command.ConfigureAwait(false))
                    {
                        AddMove(command.Parameters, step);
                        return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
                    }
                },
                move,
                cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgreSqlErrors.Fenced)
        {
            throw new FencedException(move.Shard, move.Epoch, move.Previous);
        }
    }

    public ValueTask<IReadOnlyList<Checkpoint>> ReadAllAsync(CancellationToken cancellationToken) =>
        scope.ReadAsync<object?, IReadOnlyList<Checkpoint>>(
            async (connection, _, token) =>
            {
                var command = new NpgsqlCommand(_readAll, connection);
                await using (command.ConfigureAwait(false))
                {
                    var checkpoints = new List<Checkpoint>();
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(token).ConfigureAwait(false))
                            checkpoints.Add(Row(reader, ShardName.Parse(reader.GetString(0))));
                    }

                    return checkpoints;
                }
            },
            null,
            cancellationToken);

    public async ValueTask ReplaceAsync(
        IReadOnlyList<ShardName> replaced, IReadOnlyList<Checkpoint> made, CancellationToken cancellationToken)
    {
        var fenced = await scope.ReadAsync(
            async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(_replace, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(Texts(call.Replaced)).With(Texts(call.Made.Select(c => c.Shard)))
                        .With(call.Made.Select(c => c.Shard.Projection).ToArray()).With(call.Made.Select(c => c.Shard.Generation).ToArray())
                        .With(call.Made.Select(c => c.Epoch.Value).ToArray()).With(call.Made.Select(c => c.Position.Value).ToArray())
                        .With(call.Made.Select(c => c.Anchor).ToArray()).With(call.Made.Select(c => c.AnchorPosition.Value).ToArray())
                        .With(call.Made.Select(c => SlotProgress.Format(c.Ahead)).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text)
                        .With(call.Made.Select(c => TenantBehind.Format(c.Behind)).ToArray());
                    return await command.ExecuteScalarAsync(token).ConfigureAwait(false) as string;
                }
            },
            (Replaced: replaced, Made: made),
            cancellationToken).ConfigureAwait(false);
        if (fenced is not null)
        {
            throw new FencedException(
                ShardName.Parse(fenced), made.Select(c => c.Epoch).MaxBy(e => e.Value), made.Select(c => c.Position).FirstOrDefault());
        }
    }

    public async ValueTask DeleteAsync(string projection, int generation, CancellationToken cancellationToken) =>
        await scope.ReadAsync(
            async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(_delete, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(call.Projection).With(call.Generation);
                    return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
                }
            },
            (Projection: projection, Generation: generation),
            cancellationToken).ConfigureAwait(false);

    /// <summary>The parameters of the statement move_checkpoint.</summary>
    public static void AddMove(NpgsqlParameterCollection parameters, CheckpointMove move) =>
        parameters.With(move.Shard.ToString()).With(move.Epoch.Value).With(move.Previous.Value).With(move.Next.Value)
            .WithNullable(move.Anchor, NpgsqlDbType.Uuid).With(move.AnchorPosition.Value)
            .WithNullable(move.Behind is { } behind ? TenantBehind.Format(behind) : null, NpgsqlDbType.Text);

    private static string[] Texts(IEnumerable<ShardName> shards) => [.. shards.Select(s => s.ToString())];

    private static Checkpoint Row(NpgsqlDataReader row, ShardName shard) => new(
        shard,
        new(row.GetInt64(1)),
        new(row.GetInt64(2)),
        row.IsDBNull(3) ? null : row.GetGuid(3),
        new(row.GetInt64(4)),
        new DateTimeOffset(row.GetDateTime(5)))
    {
        Ahead = SlotProgress.Parse(row.IsDBNull(6) ? null : row.GetString(6)),
        Behind = TenantBehind.Parse(row.IsDBNull(7) ? null : row.GetString(7)),
    };
}
